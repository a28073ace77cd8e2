// SPDX-License-Identifier: ISC
#ifndef ATMAN_MM_TESTS_SIGN_H
#define ATMAN_MM_TESTS_SIGN_H

// Marks in memory that tell whose it is, so that a test sees when two allocations overlap.

#include <cstdint>
#include <cstring>

// Marks memory as belonging to the block at `owner`.
inline void Sign(char *at, const char *owner)
{
    auto id = reinterpret_cast<uintptr_t>(owner);
    memcpy(at, &id, sizeof(id));
}

inline bool IsSigned(const char *at, const char *owner)
{
    uintptr_t id;
    memcpy(&id, at, sizeof(id));
    return id == reinterpret_cast<uintptr_t>(owner);
}

#endif // ATMAN_MM_TESTS_SIGN_H
