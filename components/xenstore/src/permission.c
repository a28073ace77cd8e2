/* SPDX-License-Identifier: ISC */
/* Permissions are texts such as "r7": a letter and a domain id. */

#include "internal.h"

#include <string.h>

#include <atman/xenstore/permission.h>

/* Longest text with its NUL: "b65535". */
#define TEXT_SIZE 7

/* Place: what `access` means. */
static const char letters[] = "nrwb";

static bool parse(struct at_xenstore_permission *entry, const char *text)
{
    const char *letter = text[0] != '\0' ? strchr(letters, text[0]) : NULL;
    uint32_t domid;

    if (letter == NULL || at_xenstore_parse_u32(&domid, text + 1, strlen(text + 1)) != AT_OK || domid > UINT16_MAX)
        return false;
    entry->domid = (uint16_t)domid;
    entry->access = (uint8_t)(letter - letters);
    return true;
}

at_status at_xenstore_get_permissions(struct at_xenstore *xs, struct at_xenstore_permission *entries, size_t capacity,
                                      size_t *count, uint32_t transaction, const char *path, uint64_t deadline_ns)
{
    char texts[AT_XENSTORE_PERMISSIONS_MAX * TEXT_SIZE + 1];
    struct at_xenstore_request request = {.op = AT_XENSTORE_GET_PERMISSIONS,
                                          .transaction = transaction,
                                          .path = path,
                                          .reply = texts,
                                          .capacity = sizeof(texts)};
    at_status status = at_xenstore_call(xs, &request, 1, deadline_ns);
    const char *text = NULL;

    *count = 0;
    if (status == AT_OK)
        status = request.status;
    if (status != AT_OK)
        return status;
    while ((text = at_xenstore_next_name(texts, request.size, text)) != NULL) {
        if (*count == capacity)
            return AT_TOO_BIG;
        if (!parse(&entries[*count], text)) {
            at_xenstore_internal_end(xs, AT_PROTOCOL);
            return AT_PROTOCOL;
        }
        ++*count;
    }
    return AT_OK;
}

at_status at_xenstore_set_permissions(struct at_xenstore *xs, uint32_t transaction, const char *path,
                                      const struct at_xenstore_permission *entries, size_t count, uint64_t deadline_ns)
{
    char texts[AT_XENSTORE_PERMISSIONS_MAX * TEXT_SIZE + AT_XENSTORE_U32_SIZE];
    size_t size = 0;

    if (count == 0 || count > AT_XENSTORE_PERMISSIONS_MAX)
        return AT_INVALID;
    for (size_t i = 0; i < count; i++) {
        if (entries[i].access > (AT_XENSTORE_ACCESS_READ | AT_XENSTORE_ACCESS_WRITE))
            return AT_INVALID;
        texts[size++] = letters[entries[i].access];
        size += at_xenstore_format_u32(texts + size, entries[i].domid) + 1;
    }

    struct at_xenstore_request request = {
        .op = AT_XENSTORE_SET_PERMISSIONS, .transaction = transaction, .path = path, .data = texts, .data_size = size};
    at_status status = at_xenstore_call(xs, &request, 1, deadline_ns);
    return status == AT_OK ? request.status : status;
}
