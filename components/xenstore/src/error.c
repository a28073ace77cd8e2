/* SPDX-License-Identifier: ISC */
/* XenStore names its errors as errno does. */

#include "internal.h"

#include <atman/base/bits.h>

#include <string.h>

/*
 * The first row of a status is its name, the first row of a name its status: what the server says comes first. Where
 * XenStore has several words for what is one thing here (EROFS, EPERM), the later ones are only understood.
 */
static const struct {
    char name[11];
    int8_t status;
} errors[] = {
    {"OK", AT_OK},
    {"EINVAL", AT_INVALID},
    {"EACCES", AT_DENIED},
    {"EEXIST", AT_EXISTS},
    {"ENOENT", AT_NOT_FOUND},
    {"ENOMEM", AT_NO_MEMORY},
    {"ENOSPC", AT_QUOTA}, /* xenstored's word for a quota that is used up */
    {"EIO", AT_IO},
    {"ENOSYS", AT_UNSUPPORTED},
    {"EBUSY", AT_BUSY},
    {"EAGAIN", AT_AGAIN},
    {"E2BIG", AT_TOO_BIG},
    {"EPERM", AT_DENIED},
    {"EROFS", AT_DENIED},
    {"ENOTEMPTY", AT_BUSY},
    {"EISCONN", AT_EXISTS},
    {"EISDIR", AT_INVALID},
    /* What only this side says: not understood when it comes from the server. */
    {"ENOSPC", AT_NO_SPACE},
    {"ETIMEDOUT", AT_TIMED_OUT},
    {"ECONNRESET", AT_CLOSED},
    {"EPROTO", AT_PROTOCOL},
    {"ERANGE", AT_RANGE},
    {"ECANCELED", AT_CANCELLED},
    {"EDEADLK", AT_DEADLOCK},
};

enum {
    ERROR_COUNT = AT_COUNT_OF(errors),
    SERVER_ERRORS_END = ERROR_COUNT - 7,
};

const char *at_xenstore_error_name(at_status status)
{
    for (size_t i = 0; i < ERROR_COUNT; i++) {
        if (errors[i].status == status)
            return errors[i].name;
    }
    return "EIO";
}

at_status at_xenstore_error_status(const char *name)
{
    /* From 1: "OK" is no error. */
    for (size_t i = 1; i < SERVER_ERRORS_END; i++) {
        if (strcmp(errors[i].name, name) == 0)
            return errors[i].status;
    }
    return AT_IO;
}

at_status at_xenstore_internal_error(struct at_xenstore *xs, const char *name)
{
    at_status status = at_xenstore_error_status(name);

    if (status == AT_IO && strcmp(name, "EIO") != 0)
        memcpy(xs->unknown_error, name, sizeof(xs->unknown_error)); /* both are as long as incoming.text */
    return status;
}

const char *at_xenstore_unknown_error(const struct at_xenstore *xs)
{
    return xs->unknown_error;
}
