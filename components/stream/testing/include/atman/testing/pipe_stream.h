/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_TESTING_PIPE_STREAM_H
#define ATMAN_TESTING_PIPE_STREAM_H

/*
 * Two streams made of memory: what is written at one end arrives at the other, through a ring of the test's size. It
 * keeps the whole contract of <atman/stream/stream.h> and can be told to be a slow, splitting, failing, cutting or
 * lying carrier. One object of the caller's; allocates nothing, has no global state.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <atman/base/status.h>
#include <atman/base/wait.h>
#include <atman/stream/stream.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How one direction misbehaves. All zero: not at all. Offsets count the direction's bytes from 0. */
struct at_pipe_faults {
    size_t chunk;          /* most bytes that one write takes and one peek shows; 0: no limit */
    bool every_other;      /* every other write and peek says AT_AGAIN although it could have done something */
    uint64_t split_at;     /* no peek reaches over this offset; 0: none */
    uint64_t cut_at;       /* from this offset on bytes vanish and the reader finds the orderly end; 0: never */
    uint64_t flip_at;      /* the byte at this offset less one arrives with its lowest bit changed; 0: none */
    unsigned fail_write;   /* this call of write or finish, counted from 1, and all later ones fail; 0: none */
    unsigned fail_peek;    /* this call of peek and all later ones fail; 0: none */
    at_status fail_status; /* with what */
};

/* One direction. Every member but `faults` is the pipe's. */
struct at_pipe_direction {
    struct at_pipe_faults faults;
    uint8_t *ring;
    size_t size;
    uint64_t written, consumed; /* bytes since the beginning */
    uint64_t shown;             /* bytes that the last peek showed */
    unsigned writes, peeks;     /* calls */
    bool finished;
};

/* One end: reads from one direction and writes to the other. */
struct at_pipe_end {
    struct at_pipe_direction *in, *out;
    struct at_wait wait;
};

/* The pipe. at_pipe_init() before use. Must not move. */
struct at_pipe {
    struct at_pipe_direction direction[2]; /* 0: from end 0 to end 1; 1: the other way */
    struct at_pipe_end end[2];
};

/*
 * at_pipe_init makes `pipe` empty, with half of the `size` bytes (at least 2) at `memory` for each direction. An end
 * that waits sleeps in `wait`, which is woken by whatever the other end does; with ops NULL nobody could wake it, and
 * waiting for what is not there ends at once.
 */
void at_pipe_init(struct at_pipe *pipe, void *memory, size_t size, struct at_wait wait);

/* at_pipe_stream returns end 0 or 1 of `pipe` as a stream. */
struct at_stream at_pipe_stream(struct at_pipe *pipe, unsigned end);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_TESTING_PIPE_STREAM_H */
