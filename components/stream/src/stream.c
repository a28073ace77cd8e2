/* SPDX-License-Identifier: ISC */
#include <atman/stream/stream.h>

#include <string.h>

at_status at_stream_read(struct at_stream stream, size_t *got, void *out, size_t size, uint64_t deadline_ns)
{
    struct at_const_span bytes;
    at_status status;

    *got = 0;
    while ((status = at_stream_peek(stream, &bytes)) == AT_AGAIN) {
        status = at_stream_wait(stream, AT_STREAM_IN, deadline_ns);
        if (status != AT_OK)
            return status;
    }
    if (status != AT_OK)
        return status;
    *got = bytes.size < size ? bytes.size : size;
    memcpy(out, bytes.data, *got);
    at_stream_consume(stream, *got);
    return AT_OK;
}

at_status at_stream_send(struct at_stream stream, struct at_const_span bytes, unsigned flags, uint64_t deadline_ns)
{
    do {
        size_t written;
        at_status status = at_stream_write(stream, &written, bytes, flags);

        if (status == AT_AGAIN)
            status = at_stream_wait(stream, AT_STREAM_OUT, deadline_ns);
        if (status != AT_OK)
            return status;
        bytes.data += written;
        bytes.size -= written;
    } while (bytes.size > 0);
    return AT_OK;
}
