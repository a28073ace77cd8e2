/* SPDX-License-Identifier: ISC */
#include <atman/fuzz/peer.h>

#include <stdlib.h>
#include <string.h>

#define PIECES 4u

struct at_fuzz_peer {
    const uint8_t *next;
    const uint8_t *end; /* what changes memory comes from here, backwards */
    struct {
        uintptr_t first;
        size_t size;
    } shared[PIECES];
    uint32_t pieces;
    uint32_t changes;
};

static struct at_fuzz_peer the_peer;

struct at_fuzz_peer *at_fuzz_begin(const uint8_t *data, size_t size)
{
    the_peer = (struct at_fuzz_peer){.next = data, .end = data + size};
    return &the_peer;
}

bool at_fuzz_is_over(const struct at_fuzz_peer *peer)
{
    return peer->next == peer->end;
}

void at_fuzz_bytes(struct at_fuzz_peer *peer, void *out, size_t size)
{
    size_t there = (size_t)(peer->end - peer->next);

    if (size == 0)
        return; /* `out` may be NULL, which memset() must not be given */
    memset(out, 0, size);
    if (size > there)
        size = there;
    memcpy(out, peer->next, size);
    peer->next += size;
}

uint8_t at_fuzz_u8(struct at_fuzz_peer *peer)
{
    uint8_t value;

    at_fuzz_bytes(peer, &value, sizeof value);
    return value;
}

uint16_t at_fuzz_u16(struct at_fuzz_peer *peer)
{
    uint16_t value;

    at_fuzz_bytes(peer, &value, sizeof value);
    return value;
}

uint32_t at_fuzz_u32(struct at_fuzz_peer *peer)
{
    uint32_t value;

    at_fuzz_bytes(peer, &value, sizeof value);
    return value;
}

void at_fuzz_share(struct at_fuzz_peer *peer, void *memory, size_t size)
{
    if (peer->pieces == PIECES)
        abort();
    peer->shared[peer->pieces].first = (uintptr_t)memory;
    peer->shared[peer->pieces].size = size;
    peer->pieces++;
}

void at_fuzz_unshare(struct at_fuzz_peer *peer)
{
    peer->pieces = 0;
}

uint32_t at_fuzz_changes(const struct at_fuzz_peer *peer)
{
    return peer->changes;
}

/* One byte says whether (one time in four) and which byte of the value changes, another what it becomes. */
__attribute__((no_sanitize("coverage"), noinline)) static void change(uintptr_t address, size_t size)
{
    struct at_fuzz_peer *peer = &the_peer;

    for (uint32_t i = 0; i < peer->pieces; i++) {
        if (address - peer->shared[i].first >= peer->shared[i].size)
            continue;
        if (peer->end - peer->next < 2)
            return;
        uint8_t decision = *--peer->end;

        if ((decision & 3) == 3) {
            ((uint8_t *)address)[(decision >> 2) % size] = *--peer->end;
            peer->changes++;
        }
        return;
    }
}

/* Before every load of the program's: most programs share nothing most of the time. */
__attribute__((no_sanitize("coverage"), always_inline)) static inline void about_to_load(uintptr_t address, size_t size)
{
    if (the_peer.pieces != 0)
        change(address, size);
}

/* clang's -fsanitize-coverage=trace-loads calls these (SanitizerCoverage.html, "Tracing loads and stores"). */
void __sanitizer_cov_load1(uint8_t *address);
void __sanitizer_cov_load2(uint16_t *address);
void __sanitizer_cov_load4(uint32_t *address);
void __sanitizer_cov_load8(uint64_t *address);
void __sanitizer_cov_load16(__int128 *address);

__attribute__((no_sanitize("coverage"))) void __sanitizer_cov_load1(uint8_t *address)
{
    about_to_load((uintptr_t)address, 1);
}

__attribute__((no_sanitize("coverage"))) void __sanitizer_cov_load2(uint16_t *address)
{
    about_to_load((uintptr_t)address, 2);
}

__attribute__((no_sanitize("coverage"))) void __sanitizer_cov_load4(uint32_t *address)
{
    about_to_load((uintptr_t)address, 4);
}

__attribute__((no_sanitize("coverage"))) void __sanitizer_cov_load8(uint64_t *address)
{
    about_to_load((uintptr_t)address, 8);
}

__attribute__((no_sanitize("coverage"))) void __sanitizer_cov_load16(__int128 *address)
{
    about_to_load((uintptr_t)address, 16);
}
