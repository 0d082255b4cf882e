#include "digest.h"

#include "common/cleanup.h"
#include "sample_store.h"
#include "store/check.h"
#include "store/check_tree.h"
#include <sys/mman.h>

#define META_OFFSET 16 /* in a page that says which transaction is the newest */
#define MAIN_TREE_OFFSET (META_OFFSET + 72)
#define TXN_OFFSET (META_OFFSET + 128)
#define FNV_START 0xcbf29ce484222325u
#define FNV_PRIME 0x100000001b3u

static void mix(uint64_t *hash, struct span span) {
    for (size_t i = 0; i < span.len; i++) {
        *hash = (*hash ^ (unsigned char)span.data[i]) * FNV_PRIME;
    }
    *hash = (*hash ^ span.len) * FNV_PRIME;
}

static bool mix_record(struct check_file *file, void *userdata, const struct check_entry *entry) {
    /* the one says how often it was tried, the other how it got here */
    if (!span_equals(entry->key, KEY_TXN) && !span_equals(entry->key, KEY_REDO)) {
        mix(userdata, entry->key);
        mix(userdata, entry->data);
    }
    return true;
}

static bool mix_table(struct check_file *file, void *userdata, const struct check_entry *entry) {
    struct check_tree tree;

    memcpy(&tree, entry->data.data, sizeof(tree));
    mix(userdata, entry->key);
    return check_walk(file, &tree, mix_record, userdata);
}

/* The digest of everything in the trees; 0 if a start would refuse them. */
static uint64_t digest_trees(const unsigned char *bytes, size_t len) {
    const uint64_t pages = len / CHECK_PAGE_BYTES;
    struct check_file file = {.bytes = bytes, .page_count = pages, .pages_held = pages};
    uint64_t hash = FNV_START;
    uint64_t txns[2];
    struct check_tree tree;

    if (check_fault(bytes, len) != NULL) {
        return 0;
    }
    memcpy(&txns[0], bytes + TXN_OFFSET, sizeof(txns[0]));
    memcpy(&txns[1], bytes + CHECK_PAGE_BYTES + TXN_OFFSET, sizeof(txns[1]));
    memcpy(&tree, bytes + (txns[1] > txns[0] ? CHECK_PAGE_BYTES : 0) + MAIN_TREE_OFFSET,
            sizeof(tree));
    return check_walk(&file, &tree, mix_table, &hash) ? hash : 0;
}

/* Has LMDB read everything, and take over the content of the log. */
static bool open_and_settle(int fd) {
    BUFFER_AUTO struct buffer text = BUFFER_NULL;
    struct store_options options = {.home = STORE_FILE};
    struct store *store = NULL;
    bool good = store_open(fd, &options, &store) == 0 && sample_dump(store, &text) == 0 &&
                store_settle(store) == 0;

    store_free(store);
    return good;
}

uint64_t digest_of(const unsigned char *content, size_t content_len) {
    GK_AUTO_CLOSE int fd = memfd_create("death", MFD_CLOEXEC);
    unsigned char *bytes;
    uint64_t hash;
    size_t len;

    if (check_fault(content, content_len) != NULL || fd < 0 ||
            write(fd, content, content_len) != (ssize_t)content_len || !open_and_settle(fd)) {
        return 0;
    }
    len = (size_t)lseek(fd, 0, SEEK_END);
    bytes = mmap(NULL, len, PROT_READ, MAP_SHARED, fd, 0);
    if (bytes == MAP_FAILED) {
        return 0;
    }
    hash = digest_trees(bytes, len);
    (void)munmap(bytes, len);
    return hash;
}
