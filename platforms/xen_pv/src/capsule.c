/* SPDX-License-Identifier: ISC */
/*
 * A page in which a crash is told once more, beside the console, for whoever has no more than a dump of the memory: a
 * line that a tool can find, the build id, and then the report as it is written, with the last events and the ledger.
 *
 * That a kernel has it is decided when it is linked: what this file defines stands in for the gate and for write.c, and
 * kernels without it pay nothing.
 */

#include <atman/base/bits.h>
#include <atman/base/console.h>
#include <atman/guest.h>
#include <atman/guest_crash.h>
#include <atman/xen/clock.h>
#include <atman/xen/hypercall.h>

#include "internal.h"
#include "suspend.h"

#define ID_WORDS 3u /* of the note, before its name: sizes of name and id, type */

/* Where the events lie in it is known to tools/crash/dump.sh as well. */
static struct {
    _Alignas(1 << AT_XEN_PV_PAGE_SHIFT) char text[1 << AT_XEN_PV_PAGE_SHIFT]; /* ends in a NUL in any case */
    size_t used;
    uint64_t told_tsc; /* when a report began: what it takes to write it are no events; 0: none has */
    uint64_t count;
    struct {
        const char *what; /* NULL: a hypercall, with its number, first argument and result */
        uintptr_t from;
        uint64_t tsc; /* when; a clock must not be looked at in the middle of being suspended */
        uint64_t values[3];
    } events[AT_GUEST_TRACE_EVENTS]; /* the last of them, in a ring */
    void (*rest)(void);              /* of the last words */
} capsule;

static void keep(const char *text, size_t size)
{
    for (size_t i = 0; i < size && capsule.used < sizeof capsule.text - 1; i++)
        capsule.text[capsule.used++] = text[i];
}

/* Text of `digits` hexadecimal digits. */
static void to_hex(char *text, uint64_t value, unsigned digits)
{
    for (unsigned i = 0; i < digits; i++)
        text[i] = "0123456789abcdef"[value >> 4 * (digits - 1 - i) & 15];
}

void at_xen_pv_write_bytes(const char *text, size_t size)
{
    if (capsule.told_tsc == 0)
        capsule.told_tsc = __builtin_ia32_rdtsc();
    keep(text, size);
    at_console_write(text, size);
}

void at_xen_pv_write(const char *text)
{
    const char *end = text;

    while (*end != '\0')
        end++;
    at_xen_pv_write_bytes(text, (size_t)(end - text));
}

void at_xen_pv_write_hex(uint64_t value)
{
    char text[18] = {'0', 'x'};

    to_hex(text + 2, value, 16);
    at_xen_pv_write_bytes(text, sizeof text);
}

static void note(const char *what, const void *from, uint64_t first, uint64_t second, uint64_t third)
{
    unsigned i = capsule.count % AT_GUEST_TRACE_EVENTS;

    if (capsule.told_tsc != 0)
        return;
    capsule.events[i].what = what;
    capsule.events[i].from = (uintptr_t)from;
    capsule.events[i].tsc = __builtin_ia32_rdtsc();
    capsule.events[i].values[0] = first;
    capsule.events[i].values[1] = second;
    capsule.events[i].values[2] = third;
    capsule.count++;
}

/* As gate.S. */
static long enter_xen(unsigned long number, unsigned long a1, unsigned long a2, unsigned long a3, unsigned long a4,
                      unsigned long a5)
{
    register unsigned long fourth __asm__("r10") = a4;
    register unsigned long fifth __asm__("r8") = a5;
    long result;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a1), "S"(a2), "d"(a3), "r"(fourth), "r"(fifth)
                     : "rcx", "r11", "memory");
    return result;
}

/* Not inline: its return address is what tells who called Xen. */
__attribute__((noinline)) long at_xen_hypercall(unsigned long number, unsigned long a1, unsigned long a2,
                                                unsigned long a3, unsigned long a4, unsigned long a5)
{
    long result = enter_xen(number, a1, a2, a3, a4, a5);

    note(NULL, __builtin_return_address(0), number, a1, (uint64_t)result);
    return result;
}

__attribute__((noinline)) void at_guest_trace(const char *what, uint64_t value)
{
    note(what, __builtin_return_address(0), value, 0, 0);
}

/* How long before the report that was, in nanoseconds; all ones if it was on another machine, whose TSC was ahead. */
static uint64_t before_report(uint64_t tsc)
{
    const struct vcpu_time_info *time = &at_xen_pv_shared_info.vcpu_info[0].time;

    if (tsc > capsule.told_tsc)
        return UINT64_MAX;
    return at_xen_clock_scale(capsule.told_tsc - tsc, time->tsc_to_system_mul, time->tsc_shift);
}

static void write_event(uint64_t number)
{
    unsigned i = number % AT_GUEST_TRACE_EVENTS;
    unsigned values = capsule.events[i].what == NULL ? AT_COUNT_OF(capsule.events[i].values) : 1;

    at_xen_pv_write("  trace: ");
    at_xen_pv_write_hex(capsule.events[i].from);
    at_xen_pv_write(" ");
    at_xen_pv_write_hex(before_report(capsule.events[i].tsc));
    at_xen_pv_write(" ");
    at_xen_pv_write(capsule.events[i].what == NULL ? "hypercall" : capsule.events[i].what);
    for (unsigned j = 0; j < values; j++) {
        at_xen_pv_write(" ");
        at_xen_pv_write_hex(capsule.events[i].values[j]);
    }
    at_xen_pv_write("\n");
}

/* Writes the line with the build id by `write`. */
static void tell_build(void (*write)(const char *text, size_t size))
{
    const uint8_t *id = (const uint8_t *)(at_xen_pv_build_id + ID_WORDS) + at_xen_pv_build_id[0];
    char digits[2];

    write("  build: ", 9);
    for (uint32_t i = 0; i < at_xen_pv_build_id[1]; i++) {
        to_hex(digits, id[i], 2);
        write(digits, 2);
    }
    write("\n", 1);
}

/* The console's reader gets the time for what is more than its ring holds. */
static void speak(void)
{
    uint64_t first = capsule.count < AT_GUEST_TRACE_EVENTS ? 0 : capsule.count - AT_GUEST_TRACE_EVENTS;

    at_xen_pv_last_words = capsule.rest;
    tell_build(at_xen_pv_write_bytes);
    for (uint64_t i = first; i < capsule.count; i++) {
        at_xen_pv_console_drain();
        write_event(i);
    }
    at_xen_pv_console_drain();
    if (at_xen_pv_last_words != NULL)
        at_xen_pv_last_words();
}

void at_guest_capsule(void)
{
    static const char first_line[] = "atman capsule 2\n";

    if (capsule.used != 0)
        return;
    (void)at_guest_ledger(); /* has last words of its own, which come after ours */
    capsule.rest = at_xen_pv_last_words;
    at_xen_pv_last_words = speak;
    keep(first_line, sizeof first_line - 1);
    tell_build(keep);
    at_xen_pv_frame_list_publish(); /* who dumps the memory has to find it */
}
