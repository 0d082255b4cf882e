#include "process/library_pages.h"

#include <elf.h>
#include <link.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

/* Its code was changed when it was loaded: not what the file has. */
static bool is_relocated(const struct dl_phdr_info *object) {
    for (size_t at = 0; at < object->dlpi_phnum; at++) {
        const ElfW(Phdr) *header = &object->dlpi_phdr[at];
        const ElfW(Dyn) *entry = (const ElfW(Dyn) *)(object->dlpi_addr + header->p_vaddr);

        for (; header->p_type == PT_DYNAMIC && entry->d_tag != DT_NULL; entry++) {
            if (entry->d_tag == DT_TEXTREL ||
                    (entry->d_tag == DT_FLAGS && (entry->d_un.d_val & DF_TEXTREL) != 0)) {
                return true;
            }
        }
    }
    return false;
}

/* The whole pages of a segment: one that it shares with its neighbour stays. */
static void drop_segment(uintptr_t start, size_t len) {
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t first = (start + page - 1) / page * page;
    uintptr_t end = (start + len) / page * page;

    if (first >= end) {
        return;
    }
#ifdef MADV_DONTNEED_LOCKED /* since Linux 5.18: locked ones, too (memory_lock.h) */
    if (madvise((void *)first, end - first, MADV_DONTNEED_LOCKED) == 0) {
        return;
    }
#endif
    (void)madvise((void *)first, end - first, MADV_DONTNEED);
}

static int drop_object(struct dl_phdr_info *object, size_t size, void *data) {
    if (object->dlpi_name[0] == '\0' || is_relocated(object)) { /* the program has no name there */
        return 0;
    }
    for (size_t at = 0; at < object->dlpi_phnum; at++) {
        const ElfW(Phdr) *header = &object->dlpi_phdr[at];

        if (header->p_type == PT_LOAD && (header->p_flags & PF_W) == 0) {
            drop_segment(object->dlpi_addr + header->p_vaddr, header->p_filesz);
        }
    }
    return 0;
}

void library_pages_drop(void) {
    (void)dl_iterate_phdr(drop_object, NULL);
}
