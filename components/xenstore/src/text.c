/* SPDX-License-Identifier: ISC */
/* Numbers as XenStore has them: decimal text. */

#include <atman/xenstore/request.h>

size_t at_xenstore_format_u32(char text[AT_XENSTORE_U32_SIZE], uint32_t value)
{
    size_t size = 0;
    uint32_t rest = value;

    do {
        size++;
        rest /= 10;
    } while (rest != 0);
    text[size] = '\0';
    for (size_t i = size; i-- != 0; value /= 10)
        text[i] = (char)('0' + value % 10);
    return size;
}

at_status at_xenstore_parse_u32(uint32_t *value, const char *text, size_t size)
{
    uint64_t number = 0;

    if (size == 0)
        return AT_INVALID;
    for (size_t i = 0; i < size; i++) {
        if (text[i] < '0' || text[i] > '9')
            return AT_INVALID;
        if (number <= UINT32_MAX)
            number = number * 10 + (uint64_t)(text[i] - '0');
    }
    if (number > UINT32_MAX)
        return AT_RANGE;
    *value = (uint32_t)number;
    return AT_OK;
}
