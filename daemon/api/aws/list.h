/*
 * Pages of the secrets of a region that the request's Filters match: sorted by time of creation, or
 * as SortBy and SortOrder say, and among equals by name.
 */
#ifndef GHOSTKEYD_API_AWS_LIST_H
#define GHOSTKEYD_API_AWS_LIST_H

#include "api/aws/target.h"

struct page {
    size_t limit;
    bool with_deleted;
    size_t count;
    bool has_more;
    struct buffer items; /* struct item, sorted; at first all of them */
    struct buffer paths;
};

void page_deinit(struct page *page);

/* Reads the page after NextToken. An InvalidNextTokenException, or a filter is wrong. */
int page_read(struct call *call, struct page *page);

/* The name of one of its secrets. */
struct span page_path(const struct page *page, size_t at);

/* `,"NextToken":"..."`, if there is more. */
void append_next_token(struct buffer *buffer, const struct page *page);

#endif
