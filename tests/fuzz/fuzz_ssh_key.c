/* fuzz_ssh_key.c — OpenSSH keys, private and public. A private key that is taken writes and reads
 * back to the same key; a public line that is taken is taken again as it is written. */
#include <stdint.h>
#include <stdlib.h>

#include "crypto/encode.h"
#include "format/ssh_key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void private_key(ml_bytes file)
{
    ml_ssh_private key, again;
    ml_secret text = { 0 };
    ml_buf line = { 0 };
    ml_ssh_info info;
    ml_err e;
    const int status = ml_ssh_inspect(&info, &line, file, &e);

    ml_buf_free(&line);
    if (status < 0)
        return;
    /* With no passphrase: bcrypt would make every run slow, and is not a parser. */
    if (ml_ssh_private_parse(&key, file, ml_bytes_of(NULL, 0), &e) < 0)
        return;
    if (info.encrypted || ml_ssh_private_write(&text, &key, &e) < 0 ||
        ml_ssh_private_parse(&again, ml_secret_bytes(&text), ml_bytes_of(NULL, 0), &e) < 0 ||
        !ml_secret_equal(ml_secret_bytes(&key.seed), ml_secret_bytes(&again.seed)) ||
        !ml_secret_equal(ml_secret_bytes(&key.numbers), ml_secret_bytes(&again.numbers)) ||
        !ml_bytes_equal(ml_buf_bytes(&key.comment), ml_buf_bytes(&again.comment)))
        abort();
    ml_secret_free(&text);
    ml_ssh_private_free(&key);
    ml_ssh_private_free(&again);
}

static void public_line(ml_bytes line)
{
    ml_ssh_public key, again;
    ml_buf text = { 0 };
    ml_err e;

    if (ml_ssh_line_parse(&key, line, &e) != 0 || key.kind != ML_SSH_ED25519)
        return;
    ml_ssh_public_write(&text, key.ed25519, key.comment);
    if (ml_ssh_public_parse(&again, ml_buf_bytes(&text), &e) < 0 ||
        !ml_bytes_equal(key.base64, again.base64) || !ml_bytes_equal(key.comment, again.comment))
        abort();
    ml_buf_free(&text);
}

/* The bytes as the contents of a key file: past the base64, where mutations hit the format. */
static void container(ml_bytes bytes)
{
    const size_t size = ml_base64_size(ML_BASE64_PADDED, bytes.len);
    ml_buf file = { 0 };
    unsigned char *room;

    ml_buf_text(&file, "-----BEGIN OPENSSH PRIVATE KEY-----\n");
    room = ml_buf_room(&file, size);
    if (room == NULL)
        abort();
    ml_base64_encode(ML_BASE64_PADDED, (char *)room, bytes);
    file.len += size;
    ml_buf_text(&file, "\n-----END OPENSSH PRIVATE KEY-----\n");
    private_key(ml_buf_bytes(&file));
    ml_buf_free(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const ml_bytes input = ml_bytes_of(data, size);

    if (ml_bytes_starts(input, "openssh-key-v1")) {
        container(input);
        return 0;
    }
    private_key(input);
    public_line(input);
    return 0;
}
