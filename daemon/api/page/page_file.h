/* The files of the page, which are part of the program (embed.c makes the table). */
#ifndef GHOSTKEYD_API_PAGE_PAGE_FILE_H
#define GHOSTKEYD_API_PAGE_PAGE_FILE_H

#include "common/span.h"

struct page_file {
    const char *path;
    const char *media;
    struct span text;
};

extern const struct page_file page_files[];
extern const size_t page_file_count;

#endif
