/* SPDX-License-Identifier: ISC */
#include "lint.h"

#include <elf.h>
#include <inttypes.h>
#include <string.h>
#include <xen/features.h>

#include "checks.h"

static void check_kind(const struct elf_file *file, const struct guest *guest, struct lint_report *report)
{
    if (file->machine != EM_X86_64 && file->machine != EM_386)
        lint_say(report, LINT_ERROR, "It is for machine %u, neither x86-64 nor i386: xl says 'unknown image type %u'.",
                 file->machine, file->machine);
    else if (file->wide != (file->machine == EM_X86_64))
        lint_say(report, LINT_ERROR, "Its class and its machine do not belong together.");
    else if (!file->wide && strcmp(guest->pae.text, "yes") != 0 && strstr(guest->pae.text, "bimodal") == NULL &&
             strncmp(guest->pae.text, "yes", 3) != 0)
        lint_say(report, LINT_ERROR, "It is a 32-bit kernel without PAE_MODE: no Xen since 4.0 runs those.");
    else if (!file->wide)
        lint_say(report, LINT_WARNING,
                 "It is a 32-bit kernel: Xen runs it only if it was built with PV32 and the CPU and the command line "
                 "do not forbid it; xl says 'guest type xen-3.0-x86_32p not supported by xen kernel' if not.");
    if (file->type == ET_REL || file->type == ET_CORE)
        lint_say(report, LINT_ERROR, "It is an object file or a core dump, not a linked program.");
    else if (file->type == ET_DYN)
        lint_say(report, LINT_WARNING,
                 "It is position-independent: nobody relocates it, so it has to work where it is linked or relocate "
                 "itself.");
}

static void check_notes(const struct guest *guest, struct lint_report *report)
{
    if (guest->notes == 0 && !guest->old_string) {
        lint_say(
            report, LINT_ERROR,
            "It has no note of Xen's: xl says 'Not a Xen-ELF image: No ELF notes or '__xen_guest' section found'.");
        return;
    }
    if (strncmp(guest->loader.text, "generic", 7) != 0 && strncmp(guest->guest_os.text, "linux", 5) != 0)
        lint_say(report, LINT_ERROR,
                 guest->phys32_entry != GUEST_UNSET
                     ? "It is a PVH kernel (PHYS32_ENTRY) without a loader note for PV: start it with type=\"pvh\"."
                     : "Its LOADER is not 'generic' and its GUEST_OS not 'linux': xl says 'Will only load images "
                       "built for the generic loader or Linux images'.");
    if (strncmp(guest->xen_version.text, "xen-3.0", 7) != 0)
        lint_say(report, LINT_ERROR,
                 "Its XEN_VERSION is '%s': xl says 'Xen will only load images built for Xen v3.0' (the name of the "
                 "interface since then).",
                 guest->xen_version.text);
}

static void check_features(const struct guest *guest, struct lint_report *report)
{
    if (guest->features_required & UINT32_C(1) << XENFEAT_dom0)
        lint_say(report, LINT_ERROR,
                 "It demands to be dom0: xl says 'Kernel does not support unprivileged (DomU) "
                 "operation'.");
    if (guest->features_required & UINT32_C(1) << XENFEAT_auto_translated_physmap)
        lint_say(report, LINT_ERROR, "It demands auto_translated_physmap, which a PV domain does not have.");
    if (guest->features_required & UINT32_C(1) << XENFEAT_supervisor_mode_kernel)
        lint_say(report, LINT_ERROR, "It demands supervisor_mode_kernel, which a 64-bit Xen does not offer.");
}

/* Inside the loaded image, by the addresses that the builder gives it. */
static bool is_inside(const struct guest *guest, uint64_t address)
{
    return address >= guest_address(guest, guest->start) && address < guest_address(guest, guest->end);
}

static void check_addresses(const struct elf_file *file, const struct guest *guest, struct lint_report *report)
{
    uint64_t start = guest_address(guest, guest->start), end = guest_address(guest, guest->end);
    uint64_t base = guest->virt_base == GUEST_UNSET ? 0 : guest->virt_base;

    if (guest->virt_base == GUEST_UNSET && guest->paddr_offset != GUEST_UNSET)
        lint_say(report, LINT_ERROR,
                 "It has PADDR_OFFSET without VIRT_BASE: xl says 'ELF_PADDR_OFFSET set, VIRT_BASE unset'.");
    else if (guest->virt_base == GUEST_UNSET)
        lint_say(report, LINT_NOTE, "It has no VIRT_BASE, so its memory is mapped from address 0.");
    if (base % 4096 != 0)
        lint_say(report, LINT_ERROR, "VIRT_BASE 0x%" PRIx64 " is not at the beginning of a page.", base);
    if (start > end || base > start || guest->entry < start || guest->entry > end)
        lint_say(report, LINT_ERROR,
                 "It would lie at 0x%" PRIx64 "-0x%" PRIx64 " with VIRT_BASE 0x%" PRIx64 " and entry 0x%" PRIx64
                 ": xl says 'ELF start or entries are out of bounds'.",
                 start, end, base, guest->entry);
    if (guest->p2m != GUEST_UNSET && is_inside(guest, guest->p2m))
        lint_say(report, LINT_ERROR,
                 "INIT_P2M 0x%" PRIx64 " is inside the image: xl says 'P->M table base is out of "
                 "bounds'.",
                 guest->p2m);
    else if (guest->p2m != GUEST_UNSET && !guest_has_own_p2m(guest))
        lint_say(report, LINT_WARNING,
                 "INIT_P2M 0x%" PRIx64 " is not a page's beginning below VIRT_BASE: xl passes over it and puts p2m "
                 "behind the image.",
                 guest->p2m);
    if (guest->hypercall_page == GUEST_UNSET)
        lint_say(report, LINT_NOTE, "It has no HYPERCALL_PAGE: it has to make its hypercalls by itself.");
    else if (guest->hypercall_page % 4096 != 0)
        lint_say(report, LINT_ERROR, "HYPERCALL_PAGE 0x%" PRIx64 " is not at the beginning of a page.",
                 guest->hypercall_page);
    else if (!is_inside(guest, guest->hypercall_page))
        lint_say(report, LINT_ERROR,
                 "HYPERCALL_PAGE 0x%" PRIx64 " is outside the image: Xen would write it over something else.",
                 guest->hypercall_page);
    if (file->wide && ((end - 1) >> 47 != 0 && (end - 1) >> 47 != 0x1ffff))
        lint_say(report, LINT_ERROR, "Its addresses are not canonical: bits 47 to 63 must be equal.");
    if (file->wide && end > UINT64_C(0xffff800000000000) && start < UINT64_C(0xffff880000000000))
        lint_say(report, LINT_ERROR,
                 "It lies in the addresses from 0xffff800000000000 to 0xffff880000000000, which "
                 "are Xen's own.");
}

void lint(struct elf_bytes bytes, struct lint_report *report)
{
    struct elf_file file;
    struct guest guest;
    const char *why = elf_open(&file, bytes);

    if (why != NULL) {
        lint_container(bytes, why, report);
        return;
    }
    guest_read(&guest, &file, report);
    check_kind(&file, &guest, report);
    check_notes(&guest, report);
    check_features(&guest, report);
    if (guest.loaded_segments == 0) {
        lint_say(report, LINT_ERROR, "No segment is loaded (PT_LOAD): there is nothing to start.");
        return;
    }
    check_addresses(&file, &guest, report);
    lint_segments(&file, &guest, report);
    if (report->errors == 0)
        lint_memory(&file, &guest, report);
}
