/* json.c — reading JSON data; see json.h. An ml_json is a cJSON item under another name. */
#include "format/json.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "format/json_scan.h"

/* 2^53: below it a double holds every integer, from it on two integers may become one. */
static const double exact_end = 9007199254740992.0;

/* The texts of all numbers, in the order of the text. */
typedef struct numbers {
    ml_json_numbers kind;
    ml_bytes *text;
    size_t count, cap;
} numbers;

static const cJSON *item(const ml_json *v)
{
    return (const cJSON *)v;
}

static const ml_json *value(const cJSON *i)
{
    return (const ml_json *)i;
}

/* A number as a double; only for text that is a JSON number. strtod wants a final NUL and reads the
 * locale's decimal point, which moonlatch never sets. */
static int to_double(ml_bytes text, double *out, ml_err *e)
{
    char *copy = strndup((const char *)text.p, text.len);

    if (copy == NULL)
        return ml_fail_memory(e);
    *out = strtod(copy, NULL);
    free(copy);
    return 0;
}

/* Whether the number is not zero, whatever its exponent. */
static bool has_digit(ml_bytes text)
{
    size_t i;

    for (i = 0; i < text.len && text.p[i] != 'e' && text.p[i] != 'E'; i++)
        if (text.p[i] >= '1' && text.p[i] <= '9')
            return true;
    return false;
}

static int number_seen(void *context, ml_bytes text, ml_err *e)
{
    numbers *n = context;
    double d = 0;

    if (n->kind == ML_JSON_EXACT) {
        if (to_double(text, &d, e) < 0)
            return -1;
        if (fabs(d) < exact_end && (fabs(d) > 0 || !has_digit(text)))
            return 0;
        ml_fail(e, ML_E_FORMAT, "JSON: a number that is not representable: it would be changed");
        return ml_err_hint(e, "Put it in double quotes, as text.");
    }
    if (!ml_list_grow(&n->text, &n->cap, n->count, sizeof *n->text))
        return ml_fail_memory(e);
    n->text[n->count++] = text;
    return 0;
}

/* Hangs its text to each number below `i`: cJSON leaves valuestring of a number alone and frees it
 * with the item. The recursion is as deep as the text, at most ML_LIMIT_DEPTH. */
static int attach_texts(cJSON *i, const numbers *n, size_t *next, ml_err *e)
{
    cJSON *child;

    if (cJSON_IsNumber(i)) {
        const ml_bytes text = n->text[(*next)++];

        i->valuestring = cJSON_malloc(text.len + 1);
        if (i->valuestring == NULL)
            return ml_fail_memory(e);
        memcpy(i->valuestring, text.p, text.len);
        i->valuestring[text.len] = '\0';
    }
    for (child = i->child; child != NULL; child = child->next)
        if (attach_texts(child, n, next, e) < 0)
            return -1;
    return 0;
}

static int by_key(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Refuses a key that the object has twice. */
static int check_keys(const cJSON *object, ml_err *e)
{
    size_t count = 0, i;
    const cJSON *child;
    const char **keys;
    int result = 0;

    for (child = object->child; child != NULL; child = child->next)
        count++;
    if (count < 2)
        return 0;
    keys = calloc(count, sizeof *keys);
    if (keys == NULL)
        return ml_fail_memory(e);
    for (i = 0, child = object->child; child != NULL; child = child->next)
        keys[i++] = child->string;
    qsort(keys, count, sizeof *keys, by_key);
    for (i = 1; i < count && result == 0; i++)
        if (strcmp(keys[i - 1], keys[i]) == 0)
            result =
                ml_fail(e, ML_E_FORMAT, "JSON: the key \"%s\" stands twice in one object", keys[i]);
    free(keys);
    return result;
}

static int check_all_keys(const cJSON *i, ml_err *e)
{
    const cJSON *child;

    if (cJSON_IsObject(i) && check_keys(i, e) < 0)
        return -1;
    for (child = i->child; child != NULL; child = child->next)
        if (child->child != NULL && check_all_keys(child, e) < 0)
            return -1;
    return 0;
}

/* What is left to do with the tree that cJSON made of a text known to be right. */
static int finish(cJSON *root, const numbers *n, ml_err *e)
{
    size_t next = 0;

    if (root == NULL)
        return ml_fail_memory(e);
    if (check_all_keys(root, e) < 0)
        return -1;
    return n->kind == ML_JSON_AS_TEXT ? attach_texts(root, n, &next, e) : 0;
}

int ml_json_read(ml_json **out, ml_bytes text, ml_json_numbers kind, ml_err *e)
{
    numbers n = { .kind = kind };
    cJSON *root = NULL;
    int result = ml_json_scan(text, number_seen, &n, e);

    *out = NULL;
    if (result == 0) {
        root = cJSON_ParseWithLength((const char *)text.p, text.len);
        result = finish(root, &n, e);
    }
    free(n.text);
    if (result < 0)
        cJSON_Delete(root);
    else
        *out = (ml_json *)root;
    return result;
}

void ml_json_free(ml_json *root)
{
    cJSON_Delete((cJSON *)root);
}

ml_json_kind ml_json_kind_of(const ml_json *v)
{
    const cJSON *i = item(v);

    return cJSON_IsObject(i)   ? ML_JSON_OBJECT
           : cJSON_IsArray(i)  ? ML_JSON_ARRAY
           : cJSON_IsString(i) ? ML_JSON_STRING
           : cJSON_IsNumber(i) ? ML_JSON_NUMBER
           : cJSON_IsBool(i)   ? ML_JSON_BOOL
                               : ML_JSON_NULL;
}

bool ml_json_bool(const ml_json *v)
{
    return cJSON_IsTrue(item(v)) != 0;
}

/* The text as an integer, if it is plain digits and fits. */
static bool plain_integer(ml_bytes text, int64_t *out)
{
    const bool negative = text.p[0] == '-';
    uint64_t value = 0;
    size_t i;

    for (i = negative; i < text.len; i++) {
        const unsigned digit = text.p[i] - (unsigned)'0';

        if (digit > 9 || value > (UINT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    if (value > (uint64_t)INT64_MAX + negative)
        return false;
    *out = negative ? -(int64_t)(value / 2) - (int64_t)(value - value / 2) : (int64_t)value;
    return true;
}

bool ml_json_integer(const ml_json *v, int64_t *out)
{
    const ml_bytes text = ml_json_number_text(v);
    const double d = ml_json_number(v);

    if (!cJSON_IsNumber(item(v)))
        return false;
    if (text.len > 0 && plain_integer(text, out))
        return true;
    if (!(fabs(d) < exact_end) || floor(d) < d)
        return false;
    *out = (int64_t)d;
    return true;
}

double ml_json_number(const ml_json *v)
{
    return cJSON_IsNumber(item(v)) ? item(v)->valuedouble : 0;
}

ml_bytes ml_json_number_text(const ml_json *v)
{
    return ml_bytes_text(cJSON_IsNumber(item(v)) ? item(v)->valuestring : NULL);
}

ml_bytes ml_json_string(const ml_json *v)
{
    return ml_bytes_text(cJSON_IsString(item(v)) ? item(v)->valuestring : NULL);
}

const ml_json *ml_json_get(const ml_json *v, const char *key)
{
    return cJSON_IsObject(item(v)) ? value(cJSON_GetObjectItemCaseSensitive(item(v), key)) : NULL;
}

size_t ml_json_count(const ml_json *v)
{
    const ml_json *child;
    size_t count = 0;

    for (child = ml_json_first(v); child != NULL; child = ml_json_next(child))
        count++;
    return count;
}

const ml_json *ml_json_first(const ml_json *v)
{
    return value(item(v)->child);
}

const ml_json *ml_json_next(const ml_json *v)
{
    return value(item(v)->next);
}

ml_bytes ml_json_key(const ml_json *member)
{
    return ml_bytes_text(item(member)->string);
}
