/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_XENSTORE_VALUE_H
#define ATMAN_XENSTORE_VALUE_H

/*
 * Values with types: several keys of one directory read into variables, or written from them, in one burst or in one
 * transaction. What scanf() and printf() are used for elsewhere, without a format that can be wrong.
 *
 *     uint8_t mac[6];
 *     uint32_t mtu = 1500;
 *     struct at_xenstore_value values[] = {
 *         {.name = "mac", .kind = AT_XENSTORE_MAC, .to = mac},
 *         {.name = "mtu", .kind = AT_XENSTORE_U32, .to = &mtu, .optional = true},
 *     };
 *     at_status status = at_xenstore_values_read(xs, "device/vif/0", values, 2, deadline_ns);
 *
 * A key that is missing or does not say what its kind is leaves its variable alone, and its `status` says why.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <atman/base/status.h>
#include <atman/xenstore/request.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How a value is written, and what `to` points at. */
enum at_xenstore_kind {
    AT_XENSTORE_U32,   /* decimal; uint32_t */
    AT_XENSTORE_U64,   /* decimal; uint64_t */
    AT_XENSTORE_DOMID, /* decimal, below 65,536; uint16_t */
    AT_XENSTORE_BOOL,  /* "0" or "1"; bool */
    AT_XENSTORE_MAC,   /* "00:16:3e:4d:4e:04", in either case; uint8_t[6] */
    AT_XENSTORE_TEXT,  /* without a NUL in it; char[capacity], NUL-terminated */
};

/* Longest value but for texts, with a NUL: a 64-bit number. */
#define AT_XENSTORE_VALUE_SIZE 24

/* A key. The first group is the caller's; the others need not be set. */
struct at_xenstore_value {
    const char *name;
    enum at_xenstore_kind kind;
    void *to;        /* written from when writing */
    size_t capacity; /* of a text, bytes */
    bool optional;   /* when reading: may be missing */

    at_status status; /* of this key: AT_OK, AT_NOT_FOUND, AT_INVALID or AT_RANGE (not of its kind), AT_TOO_BIG, ... */

    /* The client's. */
    struct at_xenstore_request request;
    char text[AT_XENSTORE_VALUE_SIZE];
};

/*
 * The four functions block. Each returns AT_OK when every key is well (or missing and optional); otherwise the status
 * of the first that is not; AT_INVALID also for a value to be written that has no text (a text with no NUL in
 * `capacity` bytes, and then nothing is sent); or what at_xenstore_call() returns.
 */

/*
 * at_xenstore_values_read reads `count` keys of `dir` in one burst: one round trip. They need not be of one moment.
 */
at_status at_xenstore_values_read(struct at_xenstore *xs, const char *dir, struct at_xenstore_value *values,
                                  size_t count, uint64_t deadline_ns);

/* at_xenstore_values_write writes `count` keys to `dir`, in their order, in one burst. Some may be written though one
 * failed. */
at_status at_xenstore_values_write(struct at_xenstore *xs, const char *dir, struct at_xenstore_value *values,
                                   size_t count, uint64_t deadline_ns);

/*
 * at_xenstore_values_read_together is at_xenstore_values_read() in a transaction: all keys are as they were at one
 * moment. Three round trips; as often as at_xenstore_transact() tries. AT_AGAIN when each try lost.
 */
at_status at_xenstore_values_read_together(struct at_xenstore *xs, const char *dir, struct at_xenstore_value *values,
                                           size_t count, uint64_t deadline_ns);

/* at_xenstore_values_write_together is at_xenstore_values_write() in a transaction: all keys are written, or none. */
at_status at_xenstore_values_write_together(struct at_xenstore *xs, const char *dir, struct at_xenstore_value *values,
                                            size_t count, uint64_t deadline_ns);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_XENSTORE_VALUE_H */
