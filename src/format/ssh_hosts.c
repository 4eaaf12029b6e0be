/* ssh_hosts.c — see ssh_hosts.h. */
#include "format/ssh_hosts.h"

#include <stdio.h>

#include "crypto/encode.h"
#include "crypto/provider.h"

static unsigned char lower(unsigned char c)
{
    return c >= 'A' && c <= 'Z' ? (unsigned char)(c + 'a' - 'A') : c;
}

/* `*` is any number of characters, `?` is one. Only the last `*` is ever tried again, so the time
 * is that of the two lengths multiplied. */
static bool matches(ml_bytes pattern, ml_bytes name)
{
    size_t p = 0, n = 0, star = SIZE_MAX, retry = 0;

    while (n < name.len) {
        if (p < pattern.len && pattern.p[p] == '*') {
            star = p++;
            retry = n;
        } else if (p < pattern.len && (pattern.p[p] == '?' || lower(pattern.p[p]) == name.p[n])) {
            p++;
            n++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            n = ++retry;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.p[p] == '*')
        p++;
    return p == pattern.len;
}

/* `|1|SALT|HASH`: the hash is an HMAC of the name, the salt its key. */
static int match_hash(ml_bytes hosts, ml_bytes name, ml_err *e)
{
    enum { TEXT = 28 }; /* ML_SHA1_SIZE bytes in base64 */
    unsigned char salt[TEXT], hash[TEXT], ours[ML_SHA1_SIZE];
    size_t salt_len, hash_len;

    if (hosts.len != 3 + TEXT + 1 + TEXT || !ml_bytes_starts(hosts, "|1|") ||
        hosts.p[3 + TEXT] != '|' ||
        ml_base64_decode(ML_BASE64_PADDED, salt, &salt_len, ml_bytes_slice(hosts, 3, 3 + TEXT)) <
            0 ||
        ml_base64_decode(ML_BASE64_PADDED, hash, &hash_len,
                         ml_bytes_slice(hosts, 3 + TEXT + 1, hosts.len)) < 0 ||
        salt_len != ML_SHA1_SIZE || hash_len != ML_SHA1_SIZE)
        return ml_fail(e, ML_E_FORMAT, "malformed hash of a host name");
    ml_hmac_sha1(ours, ml_bytes_of(salt, salt_len), name);
    return ml_bytes_equal(ml_bytes_of(ours, sizeof ours), ml_bytes_of(hash, hash_len));
}

/* A pattern that excludes decides whatever the others say. */
static int match_list(ml_bytes hosts, ml_bytes name)
{
    size_t at = 0, comma;
    int found = 0;

    for (; at < hosts.len; at = comma + 1) {
        ml_bytes pattern;

        comma = ml_bytes_find(hosts, at, ',');
        if (comma == SIZE_MAX)
            comma = hosts.len;
        pattern = ml_bytes_slice(hosts, at, comma);
        if (pattern.len > 0 && pattern.p[0] == '!') {
            if (matches(ml_bytes_slice(pattern, 1, pattern.len), name))
                return 0;
        } else if (matches(pattern, name)) {
            found = 1;
        }
    }
    return found;
}

int ml_ssh_hosts_match(ml_bytes hosts, ml_bytes name, unsigned port, ml_err *e)
{
    unsigned char text[ML_SSH_HOST_NAME + 16];
    size_t len = 0, i;

    if (name.len >= ML_SSH_HOST_NAME)
        return ml_fail(e, ML_E_ARGUMENT, "a host name may have %d bytes", ML_SSH_HOST_NAME - 1);
    if (port != ML_SSH_PORT)
        text[len++] = '[';
    for (i = 0; i < name.len; i++)
        text[len++] = lower(name.p[i]);
    if (port != ML_SSH_PORT)
        len += (size_t)snprintf((char *)text + len, sizeof text - len, "]:%u", port);
    name = ml_bytes_of(text, len);
    return ml_bytes_starts(hosts, "|") ? match_hash(hosts, name, e) : match_list(hosts, name);
}
