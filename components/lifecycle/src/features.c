/* SPDX-License-Identifier: ISC */
#include <atman/lifecycle/features.h>

#include <atman/base/bits.h>
#include <atman/xenstore/request.h>

at_status at_lifecycle_advertise(struct at_xenstore *xs, unsigned can, uint64_t deadline_ns)
{
    /* In the order of the bits. */
    static const char *const paths[] = {"control/feature-poweroff", "control/feature-reboot",
                                        "control/feature-suspend"};
    struct at_xenstore_request writes[AT_COUNT_OF(paths)] = {{0}};
    at_status status;

    for (unsigned i = 0; i < AT_COUNT_OF(paths); i++) {
        writes[i].op = AT_XENSTORE_WRITE;
        writes[i].path = paths[i];
        writes[i].data = (can >> i & 1) != 0 ? "1" : "0";
        writes[i].data_size = 1;
    }
    status = at_xenstore_call(xs, writes, AT_COUNT_OF(paths), deadline_ns);
    for (unsigned i = 0; status == AT_OK && i < AT_COUNT_OF(paths); i++)
        status = writes[i].status;
    return status;
}
