/* fuzz_ssh_lines.c — lines of known_hosts and authorized_keys. The hosts of the one are matched,
 * the options of the other are walked; a key that is read is read again from its own words. */
#include <stdint.h>
#include <stdlib.h>

#include "format/ssh_hosts.h"
#include "format/ssh_key.h"
#include "sys/agent.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_again(const ml_ssh_public *key)
{
    ml_ssh_public again;
    ml_buf line = { 0 };
    ml_err e;

    ml_buf_add(&line, key->type);
    ml_buf_byte(&line, ' ');
    ml_buf_add(&line, key->base64);
    if (ml_ssh_public_parse(&again, ml_buf_bytes(&line), &e) < 0 || again.kind != key->kind ||
        !ml_bytes_equal(again.base64, key->base64))
        abort();
    ml_buf_free(&line);
}

static void walk_agent(ml_bytes answer)
{
    ml_agent_keys keys;
    ml_agent_key key;
    ml_err e;

    if (ml_agent_begin(&keys, answer, &e) < 0)
        return;
    while (ml_agent_next(&keys, &key, &e) > 0) {
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const ml_bytes line = ml_bytes_of(data, size);
    ml_ssh_option option;
    ml_ssh_public key;
    ml_err e;

    if (ml_ssh_line_parse(&key, line, &e) == 0) {
        read_again(&key);
        ml_ssh_hosts_match(key.hosts, ml_bytes_text("host.example.org"), 22, &e);
        ml_ssh_hosts_match(key.hosts, ml_bytes_text("h"), 2222, &e);
    }
    if (ml_ssh_authorized_parse(&key, line, &e) == 0) {
        read_again(&key);
        while (key.options.len > 0)
            if (ml_ssh_authorized_option(&key.options, &option, &e) != 1)
                abort();
    }
    ml_ssh_hosts_match(line, ml_bytes_text("a.bb.a"), 22, &e);
    walk_agent(line);
    return 0;
}
