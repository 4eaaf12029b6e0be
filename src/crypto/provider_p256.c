/* provider_p256.c — the curve P-256 of provider.h, by libcrypto. */
#include <string.h>

#include "base/secret.h"
#include "crypto/provider.h"
#include "crypto/provider_libcrypto.h"

static const char user[] = "keys on the curve P-256";

/* One computation: point = scalar · base, where no bytes for `base` mean the generator. */
typedef struct curve {
    const ml_libcrypto *lib;
    EC_GROUP *group;
    EC_POINT *base, *point;
    BIGNUM *scalar;
} curve;

static void curve_free(curve *c)
{
    c->lib->BN_clear_free(c->scalar);
    c->lib->EC_POINT_clear_free(c->point);
    c->lib->EC_POINT_clear_free(c->base);
    c->lib->EC_GROUP_free(c->group);
    c->lib->ERR_clear_error();
}

static int curve_new(curve *c, ml_err *e)
{
    *c = (curve){ .lib = ml_libcrypto_load(user, e) };
    if (c->lib == NULL)
        return -1;
    c->group = c->lib->EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    if (c->group != NULL) {
        c->base = c->lib->EC_POINT_new(c->group);
        c->point = c->lib->EC_POINT_new(c->group);
    }
    if (c->base != NULL && c->point != NULL)
        return 0;
    curve_free(c);
    return ml_fail_memory(e);
}

/* Whether the scalar is one: neither zero nor the order of the group or more. */
static bool set_scalar(curve *c, const unsigned char scalar[ML_P256_SIZE])
{
    c->scalar = c->lib->BN_bin2bn(scalar, ML_P256_SIZE, NULL);
    return c->scalar != NULL && !c->lib->BN_is_zero(c->scalar) &&
           c->lib->BN_cmp(c->scalar, c->lib->EC_GROUP_get0_order(c->group)) < 0;
}

static bool put_point(const curve *c, const EC_POINT *point, unsigned char out[ML_P256_POINT])
{
    return c->lib->EC_POINT_point2oct(c->group, point, POINT_CONVERSION_UNCOMPRESSED, out,
                                      ML_P256_POINT, NULL) == ML_P256_POINT;
}

int ml_p256_decompress(unsigned char out[ML_P256_POINT],
                       const unsigned char compressed[ML_P256_COMPRESSED], ml_err *e)
{
    curve c;
    bool good;

    if (curve_new(&c, e) < 0)
        return -1;
    good = c.lib->EC_POINT_oct2point(c.group, c.base, compressed, ML_P256_COMPRESSED, NULL) == 1 &&
           put_point(&c, c.base, out);
    curve_free(&c);
    return good ? 0 : ml_fail(e, ML_E_FORMAT, "not a compressed point of the curve P-256");
}

int ml_p256_base(unsigned char out[ML_P256_POINT], const unsigned char scalar[ML_P256_SIZE],
                 ml_err *e)
{
    curve c;
    bool good;

    if (curve_new(&c, e) < 0)
        return -1;
    good = set_scalar(&c, scalar) &&
           c.lib->EC_POINT_mul(c.group, c.point, c.scalar, NULL, NULL, NULL) == 1 &&
           put_point(&c, c.point, out);
    curve_free(&c);
    return good ? 0 : ml_fail(e, ML_E_FORMAT, "not a private key of the curve P-256");
}

int ml_p256(unsigned char out[ML_P256_SIZE], const unsigned char scalar[ML_P256_SIZE],
            const unsigned char point[ML_P256_POINT], ml_err *e)
{
    unsigned char whole[ML_P256_POINT];
    curve c;
    bool good;

    if (curve_new(&c, e) < 0)
        return -1;
    good = set_scalar(&c, scalar) && point[0] == POINT_CONVERSION_UNCOMPRESSED &&
           c.lib->EC_POINT_oct2point(c.group, c.base, point, ML_P256_POINT, NULL) == 1 &&
           c.lib->EC_POINT_mul(c.group, c.point, NULL, c.base, c.scalar, NULL) == 1 &&
           put_point(&c, c.point, whole);
    curve_free(&c);
    if (!good)
        return ml_fail(e, ML_E_FORMAT, "not two keys of the curve P-256");
    memcpy(out, whole + 1, ML_P256_SIZE);
    ml_wipe(whole, sizeof whole);
    return 0;
}
