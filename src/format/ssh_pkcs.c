/* ssh_pkcs.c — see ssh_pkcs.h. */
#include "format/ssh_pkcs.h"

#include "format/der.h"
#include "format/pem.h"

/* Object identifiers, as DER has them. */
static const unsigned char rsa_name[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01 };
static const unsigned char ed25519_name[] = { 0x2b, 0x65, 0x70 };

static int bad(ml_err *e)
{
    return ml_fail(e, ML_E_FORMAT, "malformed private key: not the DER that its label promises");
}

static int unknown(ml_err *e, const char *what)
{
    ml_fail(e, ML_E_UNSUPPORTED, "%s", what);
    return ml_pem_hint(e);
}

/* RSAPrivateKey: version 0, n, e, d, p, q, two exponents that follow from d, and the inverse of q.
 */
static int parse_rsa(ml_ssh_private *k, ml_bytes der, ml_err *e)
{
    ml_bytes list, version, exponents[2];
    ml_rsa_private key;

    if (!ml_der_take(&der, ML_DER_SEQUENCE, &list) || der.len != 0 ||
        !ml_der_take_number(&list, &version) || version.len != 0 ||
        !ml_der_take_number(&list, &key.public.n) || !ml_der_take_number(&list, &key.public.e) ||
        !ml_der_take_number(&list, &key.d) || !ml_der_take_number(&list, &key.p) ||
        !ml_der_take_number(&list, &key.q) || !ml_der_take_number(&list, &exponents[0]) ||
        !ml_der_take_number(&list, &exponents[1]) || !ml_der_take_number(&list, &key.iqmp) ||
        list.len != 0)
        return bad(e);
    return ml_ssh_private_from_numbers(k, &key, ml_bytes_of(NULL, 0), e);
}

/* CurvePrivateKey (RFC 8410): the seed, as octets within the octets; perhaps the public key. */
static int parse_ed25519(ml_ssh_private *k, ml_bytes der, ml_bytes public, ml_err *e)
{
    ml_bytes seed;

    if (!ml_der_take(&der, ML_DER_OCTETS, &seed) || der.len != 0 || seed.len != ML_ED25519_SEED)
        return bad(e);
    if (ml_ssh_private_from_seed(k, seed, ml_bytes_of(NULL, 0), e) < 0)
        return -1;
    /* bits: the first byte counts those of the last that do not belong to it */
    if (public.len == 0 || (public.len == 1 + ML_ED25519_PUBLIC && public.p[0] == 0 &&
                            ml_bytes_equal(ml_bytes_slice(public, 1, public.len),
                                           ml_bytes_of(k->ed25519, ML_ED25519_PUBLIC))))
        return 0;
    ml_ssh_private_free(k);
    return bad(e);
}

/* PrivateKeyInfo: version, the kind of key, the key as octets, attributes, the public key. */
static int parse_any(ml_ssh_private *k, ml_bytes der, ml_err *e)
{
    ml_bytes list, version, kind, name, null, key, attributes, public = { NULL, 0 };

    if (!ml_der_take(&der, ML_DER_SEQUENCE, &list) || der.len != 0 ||
        !ml_der_take_number(&list, &version) || version.len > 1 ||
        !ml_der_take(&list, ML_DER_SEQUENCE, &kind) || !ml_der_take(&kind, ML_DER_NAME, &name) ||
        !ml_der_take(&list, ML_DER_OCTETS, &key))
        return bad(e);
    ml_der_take(&list, ML_DER_OPTION_0, &attributes);
    ml_der_take(&list, ML_DER_OPTION_1, &public);
    if (list.len != 0)
        return bad(e);
    if (ml_bytes_equal(name, ml_bytes_of(ed25519_name, sizeof ed25519_name)))
        return kind.len != 0 ? bad(e) : parse_ed25519(k, key, public, e);
    if (!ml_bytes_equal(name, ml_bytes_of(rsa_name, sizeof rsa_name)))
        return unknown(e, "a private key that is neither of Ed25519 nor of RSA");
    if (!ml_der_take(&kind, ML_DER_NULL, &null) || null.len != 0 || kind.len != 0)
        return bad(e);
    return parse_rsa(k, key, e);
}

int ml_ssh_pkcs_parse(ml_ssh_private *k, ml_bytes label, ml_bytes der, ml_err *e)
{
    if (ml_bytes_is(label, "PRIVATE KEY"))
        return parse_any(k, der, e);
    if (ml_bytes_is(label, "RSA PRIVATE KEY"))
        return parse_rsa(k, der, e);
    if (ml_bytes_is(label, "ENCRYPTED PRIVATE KEY"))
        return unknown(e, "a private key that is encrypted as PKCS#8 has it");
    if (ml_bytes_ends(label, "PRIVATE KEY"))
        return unknown(e, "a private key in a form that is not read");
    return ml_fail(e, ML_E_FORMAT, "not a private key: its BEGIN line names something else");
}
