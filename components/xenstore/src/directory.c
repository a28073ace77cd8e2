/* SPDX-License-Identifier: ISC */
/* XS_DIRECTORY_PART: "generation\0name\0name\0", and one NUL more when these were the last. */

#include "internal.h"

#include <string.h>

#include <atman/xenstore/directory.h>

#define GENERATION_SIZE 24 /* of a 64-bit number as text, with its NUL, and some to spare */

/* A list under way. */
struct list {
    char *names;
    size_t capacity;
    size_t size; /* of the names that are there */
    char generation[GENERATION_SIZE];
    bool complete;
};

static at_status broken(struct at_xenstore *xs)
{
    at_xenstore_internal_end(xs, AT_PROTOCOL);
    return AT_PROTOCOL;
}

/* Takes the answer that is behind the names and is `size` bytes long, with a NUL behind it. */
static at_status take(struct at_xenstore *xs, struct list *list, size_t size)
{
    char *answer = list->names + list->size;
    size_t prefix = strlen(answer) + 1;

    /* At least a name, or the NUL that says that there is none. */
    if (prefix > sizeof(list->generation) || prefix >= size || answer[size - 1] != '\0')
        return broken(xs);
    if (list->size == 0)
        memcpy(list->generation, answer, prefix);
    else if (strcmp(list->generation, answer) != 0)
        return AT_AGAIN;
    size -= prefix;
    list->complete = answer[prefix + size - 1] == '\0' && (size == 1 || answer[prefix + size - 2] == '\0');
    if (list->complete)
        size--;
    /* The names take the generation's place. An empty one in between would end the walk early. */
    for (size_t i = 0; i < size; i++) {
        answer[i] = answer[prefix + i];
        if (answer[i] == '\0' && (i == 0 || answer[i - 1] == '\0'))
            return broken(xs);
    }
    list->size += size;
    return AT_OK;
}

/* Fetches part after part, from the first on. AT_AGAIN: the directory has changed in between. */
static at_status fetch(struct at_xenstore *xs, struct list *list, uint32_t transaction, const char *path,
                       uint64_t deadline_ns)
{
    char offset[AT_XENSTORE_U32_SIZE];
    at_status status = AT_OK;

    list->size = 0;
    for (list->complete = false; status == AT_OK && !list->complete;) {
        struct at_xenstore_request request = {.op = AT_XENSTORE_DIRECTORY_PART,
                                              .transaction = transaction,
                                              .path = path,
                                              .data = offset,
                                              .data_size = at_xenstore_format_u32(offset, (uint32_t)list->size) + 1,
                                              .reply = list->names + list->size,
                                              .capacity = list->capacity - list->size};

        status = at_xenstore_call(xs, &request, 1, deadline_ns);
        if (status == AT_OK)
            status = request.status;
        if (status == AT_OK)
            status = take(xs, list, request.size);
    }
    return status;
}

at_status at_xenstore_list(struct at_xenstore *xs, char *names, size_t capacity, size_t *size, uint32_t transaction,
                           const char *path, uint64_t deadline_ns)
{
    struct list list = {.names = names, .capacity = capacity};
    at_status status = AT_TOO_BIG;

    *size = 0;
    if (capacity >= AT_XENSTORE_LIST_EXTRA)
        status = AT_AGAIN;
    for (unsigned i = 0; i < AT_XENSTORE_LIST_TRIES && status == AT_AGAIN; i++)
        status = fetch(xs, &list, transaction, path, deadline_ns);
    if (status == AT_OK)
        *size = list.size;
    return status;
}
