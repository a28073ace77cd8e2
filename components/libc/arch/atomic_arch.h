/* SPDX-License-Identifier: ISC */
/*
 * musl's atomic_arch.h for Atman, in the place of arch/x86_64's: one CPU, threads that nobody interrupts, no signals.
 * So every plain operation is atomic already, and the bus locks that upstream takes would buy nothing. What is not here
 * musl's own atomic.h makes from a_cas.
 */

#define a_cas a_cas
static inline int a_cas(volatile int *p, int t, int s)
{
    int old = *p;
    if (old == t) {
        *p = s;
    }
    return old;
}

#define a_cas_p a_cas_p
static inline void *a_cas_p(volatile void *p, void *t, void *s)
{
    void *volatile *place = (void *volatile *)p;
    void *old = *place;
    if (old == t) {
        *place = s;
    }
    return old;
}

#define a_store a_store
static inline void a_store(volatile int *p, int x)
{
    *p = x;
}

#define a_barrier a_barrier
static inline void a_barrier(void)
{
    __asm__ volatile("" : : : "memory");
}

/* Whoever is waited for cannot come to run meanwhile. */
#define a_spin a_barrier

#define a_crash a_crash
static inline void a_crash(void)
{
    __builtin_trap();
}

#define a_ctz_64 a_ctz_64
static inline int a_ctz_64(uint64_t x)
{
    return __builtin_ctzll(x);
}

#define a_clz_64 a_clz_64
static inline int a_clz_64(uint64_t x)
{
    return __builtin_clzll(x);
}
