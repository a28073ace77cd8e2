/* SPDX-License-Identifier: ISC */
#include <atman/xen/hypercall.h>

#include <atman/base/bits.h>
#include <xen/errno.h>

at_status at_xen_status(long xen_result)
{
    static const struct {
        uint8_t error;
        int8_t status;
    } names[] = {
        {XEN_EPERM, AT_DENIED},           {XEN_EACCES, AT_DENIED},       {XEN_ENOENT, AT_NOT_FOUND},
        {XEN_ESRCH, AT_NOT_FOUND},        {XEN_ENXIO, AT_NOT_FOUND},     {XEN_ENODEV, AT_NOT_FOUND},
        {XEN_E2BIG, AT_TOO_BIG},          {XEN_EMSGSIZE, AT_TOO_BIG},    {XEN_EAGAIN, AT_AGAIN},
        {XEN_ENOMEM, AT_NO_MEMORY},       {XEN_EFAULT, AT_INVALID},      {XEN_EINVAL, AT_INVALID},
        {XEN_EBADF, AT_INVALID},          {XEN_EBUSY, AT_BUSY},          {XEN_EEXIST, AT_EXISTS},
        {XEN_ENOSPC, AT_NO_SPACE},        {XEN_ENOBUFS, AT_NO_SPACE},    {XEN_ERANGE, AT_RANGE},
        {XEN_EOVERFLOW, AT_RANGE},        {XEN_EDEADLK, AT_DEADLOCK},    {XEN_ENOSYS, AT_UNSUPPORTED},
        {XEN_EOPNOTSUPP, AT_UNSUPPORTED}, {XEN_ETIMEDOUT, AT_TIMED_OUT}, {XEN_ENOTCONN, AT_CLOSED},
    };

    if (xen_result >= 0)
        return AT_OK;
    for (unsigned i = 0; i < AT_COUNT_OF(names); i++) {
        if (xen_result == -(long)names[i].error)
            return names[i].status;
    }
    return AT_IO;
}
