/* SPDX-License-Identifier: ISC */
/* Values to and from text, kind by kind. */

#include "value.h"

#include <string.h>

#define MAC_SIZE 6
#define MAC_TEXT 17 /* "00:16:3e:4d:4e:04" */

static at_status parse_u64(uint64_t *value, const char *text, size_t size)
{
    uint64_t number = 0;

    if (size == 0)
        return AT_INVALID;
    for (size_t i = 0; i < size; i++) {
        if (text[i] < '0' || text[i] > '9')
            return AT_INVALID;
    }
    for (size_t i = 0; i < size; i++) {
        unsigned digit = (unsigned)(text[i] - '0');

        if (number > (UINT64_MAX - digit) / 10)
            return AT_RANGE;
        number = number * 10 + digit;
    }
    *value = number;
    return AT_OK;
}

static size_t format_u64(char text[AT_XENSTORE_VALUE_SIZE], uint64_t value)
{
    size_t size = 0;
    uint64_t rest = value;

    do {
        size++;
        rest /= 10;
    } while (rest != 0);
    for (size_t i = size; i-- != 0; value /= 10)
        text[i] = (char)('0' + value % 10);
    return size;
}

/* The value of a hexadecimal digit, 16 for what is none. */
static unsigned digit_of(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c != '\0' ? strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c) : NULL;

    return at != NULL ? (unsigned)(at - digits) : 16;
}

static at_status parse_mac(uint8_t mac[MAC_SIZE], const char *text, size_t size)
{
    uint8_t bytes[MAC_SIZE];

    if (size != MAC_TEXT)
        return AT_INVALID;
    for (unsigned i = 0; i < MAC_SIZE; i++) {
        unsigned high = digit_of(text[3 * i]), low = digit_of(text[3 * i + 1]);

        if (high > 15 || low > 15 || (i + 1 < MAC_SIZE && text[3 * i + 2] != ':'))
            return AT_INVALID;
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    memcpy(mac, bytes, sizeof(bytes));
    return AT_OK;
}

static size_t format_mac(char text[AT_XENSTORE_VALUE_SIZE], const uint8_t mac[MAC_SIZE])
{
    for (unsigned i = 0; i < MAC_SIZE; i++) {
        text[3 * i] = "0123456789abcdef"[mac[i] >> 4];
        text[3 * i + 1] = "0123456789abcdef"[mac[i] & 15];
        text[3 * i + 2] = ':';
    }
    return MAC_TEXT;
}

static at_status parse_number(const struct at_xenstore_value *value, const char *text, size_t size)
{
    uint64_t number, most = UINT64_MAX;
    at_status status;

    if (value->kind == AT_XENSTORE_U32)
        most = UINT32_MAX;
    else if (value->kind == AT_XENSTORE_DOMID)
        most = UINT16_MAX;
    else if (value->kind == AT_XENSTORE_BOOL)
        most = 1;
    status = parse_u64(&number, text, size);
    if (status == AT_OK && number > most)
        status = AT_RANGE;
    if (status != AT_OK)
        return status;
    switch (value->kind) {
    case AT_XENSTORE_U32: *(uint32_t *)value->to = (uint32_t)number; break;
    case AT_XENSTORE_DOMID: *(uint16_t *)value->to = (uint16_t)number; break;
    case AT_XENSTORE_BOOL: *(bool *)value->to = number != 0; break;
    default: *(uint64_t *)value->to = number; break;
    }
    return AT_OK;
}

at_status at_xenstore_internal_parse(const struct at_xenstore_value *value, const char *text, size_t size)
{
    if (value->kind == AT_XENSTORE_TEXT) /* it is where it belongs */
        return strlen(text) == size ? AT_OK : AT_INVALID;
    return value->kind == AT_XENSTORE_MAC ? parse_mac(value->to, text, size) : parse_number(value, text, size);
}

at_status at_xenstore_internal_format(struct at_xenstore_value *value, const char **text, size_t *size)
{
    *text = value->text;
    switch (value->kind) {
    case AT_XENSTORE_U32: *size = format_u64(value->text, *(const uint32_t *)value->to); return AT_OK;
    case AT_XENSTORE_U64: *size = format_u64(value->text, *(const uint64_t *)value->to); return AT_OK;
    case AT_XENSTORE_DOMID: *size = format_u64(value->text, *(const uint16_t *)value->to); return AT_OK;
    case AT_XENSTORE_BOOL: *size = format_u64(value->text, *(const bool *)value->to); return AT_OK;
    case AT_XENSTORE_MAC: *size = format_mac(value->text, value->to); return AT_OK;
    case AT_XENSTORE_TEXT:
        *text = value->to;
        for (*size = 0; *size < value->capacity; ++*size) {
            if ((*text)[*size] == '\0')
                return AT_OK;
        }
        return AT_INVALID;
    default: return AT_INVALID;
    }
}
