/* SPDX-License-Identifier: ISC */
#include "internal.h"

#include <string.h>

#include <atman/xenstore/domain.h>

at_status at_xenstore_domain_path(struct at_xenstore *xs, char path[AT_XENSTORE_DOMAIN_PATH_SIZE], uint16_t domid,
                                  uint64_t deadline_ns)
{
    char number[AT_XENSTORE_U32_SIZE];
    struct at_xenstore_request request = {
        .op = AT_XENSTORE_GET_DOMAIN_PATH, .path = number, .reply = path, .capacity = AT_XENSTORE_DOMAIN_PATH_SIZE};
    at_status status;

    at_xenstore_format_u32(number, domid);
    status = at_xenstore_call(xs, &request, 1, deadline_ns);
    if (status == AT_OK)
        status = request.status;
    if (status == AT_OK && (path[0] != '/' || strlen(path) + 1 != request.size)) {
        at_xenstore_internal_end(xs, AT_PROTOCOL);
        status = AT_PROTOCOL;
    }
    return status;
}
