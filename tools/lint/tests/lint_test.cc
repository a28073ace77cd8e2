// SPDX-License-Identifier: ISC

#include <elf.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" {
#include "../src/lint.h"
}

#include "gtest/gtest.h"

namespace {

using Bytes = std::vector<unsigned char>;

// A kernel as small as can be: one segment of code and notes at 1 MiB, mapped one to one.
class Kernel {
 public:
  Kernel() {
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_type = ET_EXEC;
    header.e_machine = EM_X86_64;
    header.e_entry = 0x100000;
    header.e_phoff = sizeof(header);
    header.e_phentsize = sizeof(Elf64_Phdr);
    code.p_type = PT_LOAD;
    code.p_flags = PF_R | PF_X;
    code.p_vaddr = code.p_paddr = 0x100000;
    code.p_offset = 4096;
    code.p_filesz = 4096;
    code.p_memsz = 0x10000;
  }

  void Text(uint32_t type, const std::string &value) { Note("Xen", type, value + '\0'); }
  void Number(uint32_t type, uint64_t value) { Note("Xen", type, std::string(reinterpret_cast<char *>(&value), 8)); }

  void Note(const std::string &name, uint32_t type, const std::string &content) {
    const uint32_t head[] = {uint32_t(name.size() + 1), uint32_t(content.size()), type};

    notes.append(reinterpret_cast<const char *>(head), sizeof(head));
    notes += name + '\0';
    notes.resize((notes.size() + 3) & ~3u);
    notes += content;
    notes.resize((notes.size() + 3) & ~3u);
  }

  void Usual() {
    Text(8, "generic");
    Text(5, "xen-3.0");
    Number(3, 0);
    Number(2, 0x101000);
  }

  Bytes File() const {
    std::vector<Elf64_Phdr> segments = {code};
    Elf64_Ehdr head = header;
    Bytes file(8192);

    segments.insert(segments.end(), more.begin(), more.end());
    if (!notes.empty()) {
      Elf64_Phdr note = {};

      note.p_type = PT_NOTE;
      note.p_offset = 4096;
      note.p_filesz = notes.size();
      segments.push_back(note);
    }
    head.e_phnum = uint16_t(segments.size());
    std::memcpy(file.data(), &head, sizeof(head));
    std::memcpy(file.data() + sizeof(head), segments.data(), segments.size() * sizeof(Elf64_Phdr));
    std::memcpy(file.data() + 4096, notes.data(), notes.size());
    return file;
  }

  Elf64_Ehdr header = {};
  Elf64_Phdr code = {};
  std::vector<Elf64_Phdr> more;
  std::string notes;
};

// What lint says, a finding a line.
std::string Lint(const Bytes &bytes) {
  static const char *const levels[] = {"note: ", "warning: ", "error: "};
  std::string said;
  lint_report report = {};

  report.ctx = &said;
  report.say = [](void *to, lint_level level, const char *text) {
    *static_cast<std::string *>(to) += levels[level] + std::string(text) + '\n';
  };
  lint({bytes.data(), bytes.size()}, &report);
  return said;
}

std::string Inspect(const Bytes &bytes) {
  std::string said;
  const char *why = lint_inspect(
      {bytes.data(), bytes.size()},
      [](void *to, const char *key, const char *value) {
        *static_cast<std::string *>(to) += key + std::string("=") + value + '\n';
      },
      &said);

  return why ? why : said;
}

Bytes ReadFile(const std::string &path) {
  std::ifstream file(path, std::ios::binary);

  return Bytes(std::istreambuf_iterator<char>(file), {});
}

TEST(Lint, SoundKernel_HasItsLeastMemoryOnly) {
  Kernel kernel;

  kernel.Usual();
  EXPECT_EQ(
      "note: The least memory that it is built in is 4 MiB: the builder maps 1024 pages, from VIRT_BASE 0x0 to "
      "0x400000.\n",
      Lint(kernel.File()));
}

struct Flaw {
  const char *finding;
  void (*make)(Kernel &);
};

const Flaw flaws[] = {
    {"error: It is for machine 40,", [](Kernel &k) { k.header.e_machine = EM_ARM; }},
    {"error: Its class and its machine", [](Kernel &k) { k.header.e_machine = EM_386; }},
    {"error: It is an object file", [](Kernel &k) { k.header.e_type = ET_REL; }},
    {"warning: It is position-independent", [](Kernel &k) { k.header.e_type = ET_DYN; }},
    {"error: It has no note of Xen's", [](Kernel &k) { k.notes.clear(); }},
    {"error: Its LOADER is not 'generic'", [](Kernel &k) { k.Text(8, "special"); }},
    {"error: It is a PVH kernel", [](Kernel &k) { k.Text(8, ""), k.Number(18, 0x100000); }},
    {"error: Its XEN_VERSION is 'xen-2.0'", [](Kernel &k) { k.Text(5, "xen-2.0"); }},
    {"error: It demands the feature 'frob'", [](Kernel &k) { k.Text(10, "writable_page_tables|!frob"); }},
    {"note: It names the feature 'frob'", [](Kernel &k) { k.Text(10, "frob|dom0"); }},
    {"error: It demands to be dom0", [](Kernel &k) { k.Text(10, "!dom0"); }},
    {"error: It demands auto_translated_physmap", [](Kernel &k) { k.Text(10, "!auto_translated_physmap"); }},
    {"note: Xen has no note of type 99", [](Kernel &k) { k.Number(99, 0); }},
    {"error: VIRT_BASE 0x10 is not", [](Kernel &k) { k.Number(3, 16); }},
    {"error: It has PADDR_OFFSET without", [](Kernel &k) { k.Number(3, UINT64_MAX), k.Number(4, 0); }},
    {"says 'ELF start or entries are out of bounds'", [](Kernel &k) { k.Number(1, 0x200000); }},
    {"says 'ELF start or entries are out of bounds'", [](Kernel &k) { k.Number(3, 0x200000), k.Number(4, 0x200000); }},
    {"error: INIT_P2M 0x104000 is inside", [](Kernel &k) { k.Number(15, 0x104000); }},
    {"warning: INIT_P2M 0x800000 is not a page's", [](Kernel &k) { k.Number(15, 0x800000); }},
    {"error: HYPERCALL_PAGE 0x101008 is not", [](Kernel &k) { k.Number(2, 0x101008); }},
    {"error: HYPERCALL_PAGE 0x200000 is outside", [](Kernel &k) { k.Number(2, 0x200000); }},
    {"error: Its addresses are not canonical", [](Kernel &k) { k.Number(3, UINT64_C(1) << 50); }},
    {"which are Xen's own", [](Kernel &k) { k.Number(3, UINT64_C(0xffff800000000000)); }},
    {"error: No segment is loaded", [](Kernel &k) { k.code.p_type = PT_NULL; }},
    {"error: Segment 0 lies outside the file", [](Kernel &k) { k.code.p_filesz = 8192; }},
    {"error: Segment 0 has more bytes", [](Kernel &k) { k.code.p_memsz = 4095; }},
    {"warning: Segment 0 is writable and executable", [](Kernel &k) { k.code.p_flags |= PF_W; }},
    {"error: Segment 0 is linked at 0x0, but", [](Kernel &k) { k.code.p_vaddr = 0; }},
    {"error: The entry 0x100000 is in segment 0, which is not exec", [](Kernel &k) { k.code.p_flags = PF_R; }},
    {"error: The entry 0x101000 is in a part of segment 0", [](Kernel &k) { k.header.e_entry += 4096; }},
    {"error: The entry 0x110000 is in no segment", [](Kernel &k) { k.header.e_entry += 0x10000; }},
    {"error: Segments 0 and 1 overlap", [](Kernel &k) { k.more = {k.code}; }},
    {"warning: Segments 0 and 1 have different permissions",
     [](Kernel &k) {
       k.code.p_memsz -= 16;
       k.more = {k.code};
       k.more[0].p_flags = PF_R;
       k.more[0].p_vaddr = k.more[0].p_paddr += k.code.p_memsz;
     }},
    {"error: It wants a dynamic linker", [](Kernel &k) { k.more = {{}}, k.more[0].p_type = PT_INTERP; }},
    {"error: It would need more memory than any guest", [](Kernel &k) { k.code.p_memsz = UINT64_C(1) << 46; }},
};

TEST(Lint, EachFlaw_IsFound) {
  for (const Flaw &flaw : flaws) {
    Kernel kernel;

    SCOPED_TRACE(flaw.finding);
    kernel.Usual();
    EXPECT_EQ(std::string::npos, Lint(kernel.File()).find(flaw.finding));
    flaw.make(kernel);
    EXPECT_NE(std::string::npos, Lint(kernel.File()).find(flaw.finding)) << Lint(kernel.File());
  }
}

TEST(Lint, TextThatEndsWithItsPadding_IsRead) {
  Kernel kernel;

  kernel.Usual();
  kernel.Note("Xen", 5, "xen-2");
  EXPECT_NE(std::string::npos, Lint(kernel.File()).find("XEN_VERSION is 'xen-2'"));
}

// Debian's 32-bit PV-GRUB ends with such a note: a text of 4 bytes that says it has 12. xl reads what is there.
TEST(Lint, NoteLargerThanItsSegment_IsReadAllTheSame) {
  Kernel kernel;

  kernel.Usual();
  kernel.Text(5, "xen-2.0");
  for (uint32_t size : {8u, 12u, 8192u}) {
    SCOPED_TRACE(size);
    std::memcpy(&kernel.notes[kernel.notes.size() - 20], &size, 4);
    EXPECT_EQ(size != 8, Lint(kernel.File()).find("warning: A note is larger than what holds it") != std::string::npos);
    EXPECT_NE(std::string::npos, Lint(kernel.File()).find("XEN_VERSION is 'xen-2.0'"));
  }
}

TEST(Lint, NumberBehindTheEnd_IsFound) {
  Kernel kernel;
  const uint32_t size = 8192;

  kernel.Usual();
  std::memcpy(&kernel.notes[kernel.notes.size() - 20], &size, 4);
  EXPECT_NE(std::string::npos, Lint(kernel.File()).find("error: Xen's note 2 goes on behind the file's end"));
}

TEST(Lint, OtherFiles_AreNamed) {
  const struct {
    std::string bytes, finding;
  } files[] = {
      {"", "it is no ELF file"},
      {"\177ELF", "it is no ELF file"},
      {std::string("\177ELF\2\1", 6) + std::string(20, '\0'), "it ends within the ELF header"},
      {std::string("\177ELF\3\1", 6) + std::string(60, '\0'), "neither 32-bit nor 64-bit"},
      {std::string("\177ELF\2\2", 6) + std::string(60, '\0'), "not little-endian"},
      {"\x1f\x8b"
       "compressed",
       "tail -c +1 FILE | head -c 12 | gzip -dc"},
  };

  for (const auto &file : files) {
    SCOPED_TRACE(file.finding);
    EXPECT_NE(std::string::npos, Lint(Bytes(file.bytes.begin(), file.bytes.end())).find(file.finding));
  }
}

TEST(Lint, LinuxBzImage_SaysHowToUnpackIt) {
  Bytes file(0x2000);
  uint64_t offset, length;

  std::memcpy(&file[0x202], "HdrS\x0c\x02", 6);
  file[0x1f1] = 3;
  file[0x248] = 0x40;
  file[0x24d] = 2;
  EXPECT_NE(std::string::npos, Lint(file).find("not known here"));
  std::memcpy(&file[0x840], "\x28\xb5\x2f\xfd", 4);
  EXPECT_NE(std::string::npos, Lint(file).find("tail -c +2113 FILE | head -c 512 | zstd -dc"));
  EXPECT_STREQ("zstd -dc", lint_packed({file.data(), file.size()}, &offset, &length));
  EXPECT_EQ(2112u, offset);
  EXPECT_EQ(512u, length);
  EXPECT_EQ(nullptr, lint_packed({file.data(), 0x900}, &offset, &length));
}

TEST(Lint, OurKernels_AreSoundAndSayWhatTheyAreMadeOf) {
  for (const char *path : {"examples/hello", "examples/net", "examples/hello.debug"}) {
    const Bytes image = ReadFile(path);

    SCOPED_TRACE(path);
    ASSERT_FALSE(image.empty());
    EXPECT_EQ(
        "note: The least memory that it is built in is 1 MiB: the builder maps 192 pages, from VIRT_BASE "
        "0x40340000 to 0x40400000.\n",
        Lint(image));
    EXPECT_NE(std::string::npos, Inspect(image).find("component=libc 0."));
    EXPECT_NE(std::string::npos, Inspect(image).find("build-id="));
    EXPECT_NE(std::string::npos, Inspect(image).find("guest-os=Atman\n"));
  }
}

TEST(Inspect, ImageAndItsSymbols_HaveTheSameBuildId) {
  EXPECT_EQ(Inspect(ReadFile("examples/hello")), Inspect(ReadFile("examples/hello.debug")));
  EXPECT_NE(Inspect(ReadFile("examples/hello")), Inspect(ReadFile("examples/net")));
}

TEST(Inspect, NoteOfNobody_IsNothing) {
  Kernel kernel;

  kernel.Note("Xenia", 6, "x");
  EXPECT_EQ("it has no note that says what it is made of", Inspect(kernel.File()));
  kernel.Note("Atman", 1, "mm 1.2.3\nno end");
  EXPECT_EQ("component=mm 1.2.3\n", Inspect(kernel.File()));
}

// Each byte of the headers and notes with each of some values, and files cut off anywhere: it must come to an end and,
// under the sanitizers, read nothing that is not there.
TEST(Lint, DamagedFiles_AreSurvived) {
  Kernel kernel;

  kernel.Usual();
  kernel.Text(10, "!writable_page_tables|pae_pgdir_above_4gb");
  const Bytes sound = kernel.File();

  for (size_t i = 0; i < sound.size(); i = i == 511 ? 4096 : i + 1) {
    if (i >= 4096 + kernel.notes.size()) break;
    for (unsigned char value : {0x00, 0x01, 0x7f, 0x80, 0xff}) {
      Bytes damaged = sound;

      damaged[i] = value;
      Lint(damaged);
      Inspect(damaged);
    }
    // In memory of that size, so that a byte too far is noticed.
    const Bytes cut(sound.begin(), sound.begin() + i);

    Lint(cut);
    Inspect(cut);
  }
}

// The same at random with a real image, from a fixed seed: several bytes at once.
TEST(Lint, RandomlyDamagedImage_IsSurvived) {
  const Bytes sound = ReadFile("examples/net");
  std::mt19937 random(20261124);

  for (int round = 0; round < 3000; round++) {
    Bytes damaged = sound;

    for (unsigned n = random() % 8 + 1; n != 0; n--) {
      const size_t headers = random() % 2 ? 288 : 640;  // at the beginning, or what is at the end
      const size_t at = random() % headers;

      damaged[headers == 288 ? at : damaged.size() - headers + at] = (unsigned char)random();
    }
    if (random() % 4 == 0) damaged.resize(random() % damaged.size());
    Lint(damaged);
    Inspect(damaged);
  }
}

}  // namespace
