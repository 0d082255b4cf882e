#include "store/check_tree.h"

#include "store/check_page.h"

#define TREE_INTEGER_KEYS 0x08

struct walk {
    struct check_file *file;
    check_visitor visit;
    void *userdata;
    bool integer_keys;
    struct span last;  /* the key before; data NULL: none yet */
    struct span floor; /* what the branch says that no key below it is under; data NULL: nothing */
    struct check_tree counted;
};

bool check_fail(struct check_file *file, const char *fault) {
    if (file->fault == NULL) {
        file->fault = fault;
    }
    return false;
}

bool check_holds(struct check_file *file, uint64_t page, uint64_t count) {
    if (page < 2 || page >= file->page_count) {
        return check_fail(file, "a page number lies outside the file");
    }
    return count <= file->pages_held && page <= file->pages_held - count
                   ? true
                   : check_fail(file, "it is cut short");
}

bool check_take(struct check_file *file, uint64_t page) {
    if (page < 2 || page >= file->page_count) {
        return check_fail(file, "a page number lies outside the file");
    }
    if (file->taken == NULL) {
        return true;
    }
    if (file->taken[page / 8] & 1 << page % 8) {
        return check_fail(file, "a page is used twice");
    }
    file->taken[page / 8] |= (unsigned char)(1 << page % 8);
    return true;
}

static int compare_keys(const struct walk *walk, struct span a, struct span b) {
    uint64_t left;
    uint64_t right;

    if (!walk->integer_keys) {
        return span_compare(a, b);
    }
    memcpy(&left, a.data, sizeof(left));
    memcpy(&right, b.data, sizeof(right));
    return (left > right) - (left < right);
}

static bool check_order(struct walk *walk, struct span key) {
    if (walk->integer_keys && key.len != sizeof(uint64_t)) {
        return check_fail(walk->file, "a key is damaged");
    }
    if ((walk->last.data != NULL && compare_keys(walk, walk->last, key) >= 0) ||
            (walk->floor.data != NULL && compare_keys(walk, walk->floor, key) > 0)) {
        return check_fail(walk->file, "keys are out of order");
    }
    walk->last = key;
    walk->floor = SPAN_NULL;
    return true;
}

static bool walk_leaf(struct walk *walk, uint64_t number) {
    struct check_page page;

    if (!check_page_open(walk->file, number, CHECK_LEAF, &page)) {
        return false;
    }
    walk->counted.leaf_pages += 1;
    for (size_t at = 0; at < page.count; at++) {
        struct check_entry entry;

        if (!check_page_entry(walk->file, &page, at, &entry, &walk->counted.overflow_pages) ||
                !check_order(walk, entry.key) || !walk->visit(walk->file, walk->userdata, &entry)) {
            return false;
        }
        walk->counted.entries += 1;
    }
    return true;
}

/* The key of a branch's child is above all that came before, and not above what comes. */
static bool check_floor(struct walk *walk, struct span key) {
    if (walk->integer_keys && key.len != sizeof(uint64_t)) {
        return check_fail(walk->file, "a key is damaged");
    }
    if (walk->last.data != NULL && compare_keys(walk, walk->last, key) >= 0) {
        return check_fail(walk->file, "keys are out of order");
    }
    walk->floor = key;
    return true;
}

static bool walk_level(struct walk *walk, uint64_t number, unsigned int levels) {
    struct check_page page;

    if (levels == 1) {
        return walk_leaf(walk, number);
    }
    if (!check_page_open(walk->file, number, CHECK_BRANCH, &page)) {
        return false;
    }
    walk->counted.branch_pages += 1;
    for (size_t at = 0; at < page.count; at++) {
        /* the key of the first child means nothing */
        if ((at > 0 && !check_floor(walk, check_page_key(&page, at))) ||
                !walk_level(walk, check_page_child(&page, at), levels - 1)) {
            return false;
        }
    }
    return true;
}

bool check_walk(struct check_file *file, const struct check_tree *tree, check_visitor visit,
        void *userdata) {
    struct walk walk = {
            .file = file,
            .visit = visit,
            .userdata = userdata,
            .integer_keys = (tree->flags & TREE_INTEGER_KEYS) != 0,
    };

    if (tree->root == CHECK_NO_PAGE) {
        return (tree->depth == 0 && tree->entries == 0) ||
               check_fail(file, "an empty tree is said to hold something");
    }
    if (tree->depth == 0 || tree->depth > CHECK_DEPTH_MAX) {
        return check_fail(file, "a tree's depth is damaged");
    }
    if (!walk_level(&walk, tree->root, tree->depth)) {
        return false;
    }
    if (walk.counted.entries != tree->entries || walk.counted.leaf_pages != tree->leaf_pages ||
            walk.counted.branch_pages != tree->branch_pages ||
            walk.counted.overflow_pages != tree->overflow_pages) {
        return check_fail(file, "a tree does not hold what it is said to hold");
    }
    return true;
}

/* The last node whose key is not above the one looked for; the page's count if there is none. */
static size_t find_node(const struct check_page *page, struct span key, bool *ret_is_it) {
    size_t found = page->kind == CHECK_BRANCH ? 0 : page->count;

    *ret_is_it = false;
    for (size_t at = found == 0; at < page->count; at++) {
        int order = span_compare(check_page_key(page, at), key);

        found = order <= 0 ? at : found;
        *ret_is_it = *ret_is_it || order == 0;
    }
    return found;
}

bool check_find(struct check_file *file, const struct check_tree *tree, struct span key,
        struct check_entry *ret_entry) {
    uint64_t number = tree->root;
    uint64_t overflow_pages = 0;
    struct check_page page;
    bool is_it;

    for (unsigned int levels = tree->depth; levels > 0 && levels <= CHECK_DEPTH_MAX; levels--) {
        size_t found;

        if (!check_page_open(file, number, levels == 1 ? CHECK_LEAF : CHECK_BRANCH, &page)) {
            return false;
        }
        found = find_node(&page, key, &is_it);
        if (levels == 1) {
            return is_it && check_page_entry(file, &page, found, ret_entry, &overflow_pages);
        }
        number = check_page_child(&page, found);
    }
    return false;
}
