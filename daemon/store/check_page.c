#include "store/check_page.h"

#define PAGE_HEADER_BYTES 16
#define NODE_HEADER_BYTES 8
#define PAGE_IS_OVERFLOW 0x04
#define PAGE_IS_DIRTY 0x10 /* left from memory; means nothing in a file */
#define NODE_IS_BIG 0x01   /* its data is the number of the first of its own pages */
#define NODE_IS_TREE 0x02

/* LMDB writes the machine's own integers. */
static uint16_t read_16(const unsigned char *at) {
    uint16_t number;

    memcpy(&number, at, sizeof(number));
    return number;
}

static uint64_t read_64(const unsigned char *at) {
    uint64_t number;

    memcpy(&number, at, sizeof(number));
    return number;
}

static const unsigned char *page_at(const struct check_file *file, uint64_t page) {
    return file->bytes + page * CHECK_PAGE_BYTES;
}

static size_t node_offset(const struct check_page *page, size_t at) {
    return read_16(page->bytes + PAGE_HEADER_BYTES + 2 * at);
}

static const unsigned char *node_at(const struct check_page *page, size_t at) {
    return page->bytes + node_offset(page, at);
}

static size_t data_len(const unsigned char *node) {
    return read_16(node) | (size_t)read_16(node + 2) << 16;
}

static uint16_t node_flags(const unsigned char *node) {
    return read_16(node + 4);
}

/* What the node takes of its page, whose header it has room for; LMDB rounds it up to even. */
static size_t node_len(const struct check_page *page, const unsigned char *node) {
    size_t len = NODE_HEADER_BYTES + (size_t)read_16(node + 6);

    if (page->kind == CHECK_LEAF) {
        len += node_flags(node) == NODE_IS_BIG ? sizeof(uint64_t) : data_len(node);
    }
    return len + len % 2;
}

/*
 * Whether the nodes fill the page from upper to its end, none over another. LMDB keeps it so, and
 * moves what stands below a node that it deletes by that node's length: one that were longer than
 * its place would take a piece of its neighbour along.
 */
static bool is_filled(const struct check_page *page, size_t upper) {
    unsigned char taken[CHECK_PAGE_BYTES / 2] = {0};
    size_t sum = 0;

    for (size_t at = 0; at < page->count; at++) {
        size_t offset = node_offset(page, at);
        size_t len;

        if (offset < upper || offset % 2 != 0 || offset + NODE_HEADER_BYTES > CHECK_PAGE_BYTES) {
            return false;
        }
        len = node_len(page, page->bytes + offset);
        if (len > CHECK_PAGE_BYTES - offset || memchr(taken + offset / 2, 1, len / 2) != NULL) {
            return false;
        }
        memset(taken + offset / 2, 1, len / 2);
        sum += len;
    }
    return sum == CHECK_PAGE_BYTES - upper;
}

bool check_page_open(struct check_file *file, uint64_t number, enum check_page_kind kind,
        struct check_page *ret_page) {
    struct check_page page = {.kind = kind};
    uint16_t lower;
    uint16_t upper;

    if (!check_holds(file, number, 1) || !check_take(file, number)) {
        return false;
    }
    page.bytes = page_at(file, number);
    lower = read_16(page.bytes + 12);
    upper = read_16(page.bytes + 14);
    if (read_64(page.bytes) != number || (read_16(page.bytes + 10) & ~PAGE_IS_DIRTY) != kind) {
        return check_fail(file, "a page is not the one that it should be");
    }
    if (lower <= PAGE_HEADER_BYTES || lower % 2 != 0 || lower > upper || upper > CHECK_PAGE_BYTES) {
        return check_fail(file, "a page's header is damaged");
    }
    page.count = (size_t)(lower - PAGE_HEADER_BYTES) / 2;
    if (!is_filled(&page, upper)) {
        return check_fail(file, "a page's entry is damaged");
    }
    *ret_page = page;
    return true;
}

struct span check_page_key(const struct check_page *page, size_t at) {
    const unsigned char *node = node_at(page, at);

    return (struct span){(const char *)node + NODE_HEADER_BYTES, read_16(node + 6)};
}

uint64_t check_page_child(const struct check_page *page, size_t at) {
    const unsigned char *node = node_at(page, at);

    return read_16(node) | (uint64_t)read_16(node + 2) << 16 | (uint64_t)read_16(node + 4) << 32;
}

/* How many pages data of len bytes takes that does not fit into a leaf. */
static uint64_t pages_for(size_t len) {
    return (PAGE_HEADER_BYTES + (uint64_t)len + CHECK_PAGE_BYTES - 1) / CHECK_PAGE_BYTES;
}

/*
 * Data that has pages of its own: each is taken. There may be more than it needs: data that gets
 * shorter within the transaction that wrote it keeps its pages.
 */
static bool open_overflow(struct check_file *file, uint64_t number, size_t len,
        struct check_entry *entry, uint64_t *overflow_pages) {
    const unsigned char *bytes;
    uint64_t count;

    if (!check_holds(file, number, 1)) {
        return false;
    }
    bytes = page_at(file, number);
    count = read_16(bytes + 12) | (uint64_t)read_16(bytes + 14) << 16;
    if (read_64(bytes) != number || (read_16(bytes + 10) & ~PAGE_IS_DIRTY) != PAGE_IS_OVERFLOW ||
            count < pages_for(len) || count > file->page_count - number) {
        return check_fail(file, "a large entry's page is damaged");
    }
    if (!check_holds(file, number, count)) {
        return false;
    }
    for (uint64_t i = 0; i < count; i++) {
        if (!check_take(file, number + i)) {
            return false;
        }
    }
    *overflow_pages += count;
    entry->data = (struct span){(const char *)bytes + PAGE_HEADER_BYTES, len};
    return true;
}

bool check_page_entry(struct check_file *file, const struct check_page *page, size_t at,
        struct check_entry *ret_entry, uint64_t *overflow_pages) {
    const unsigned char *node = node_at(page, at);
    struct check_entry entry = {.key = check_page_key(page, at)};
    const unsigned char *data = (const unsigned char *)entry.key.data + entry.key.len;
    uint16_t flags = node_flags(node);

    if (flags == NODE_IS_BIG) {
        if (!open_overflow(file, read_64(data), data_len(node), &entry, overflow_pages)) {
            return false;
        }
    } else if (flags != 0 && flags != NODE_IS_TREE) {
        return check_fail(file, "an entry is damaged");
    } else {
        entry.data = (struct span){(const char *)data, data_len(node)};
        entry.is_tree = flags == NODE_IS_TREE;
    }
    *ret_entry = entry;
    return true;
}
