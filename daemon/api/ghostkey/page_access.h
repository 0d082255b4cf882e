/*
 * The right of a browser's tab to use GhostKey's own API over TCP (contract, section 12). A client
 * over the Unix socket gets a code, and the page exchanges it, once, for a token of its tab. Codes
 * and tokens live in memory alone: they end with the daemon.
 */
#ifndef GHOSTKEYD_API_GHOSTKEY_PAGE_ACCESS_H
#define GHOSTKEYD_API_GHOSTKEY_PAGE_ACCESS_H

#include "common/span.h"

#define PAGE_KEY_CHARS 43 /* 256 random bits as base64url */
#define PAGE_CODE_LIFE_S 60
#define PAGE_CODES_MAX 16 /* a new one replaces the oldest */
#define PAGE_TABS_MAX 64

struct page_key {
    char text[PAGE_KEY_CHARS];
    uint64_t until_ns; /* clock_ticks_ns(); 0: there is none */
};

struct page_access {
    struct page_key codes[PAGE_CODES_MAX];
    struct page_key tabs[PAGE_TABS_MAX];
    size_t next_code; /* which one a new one replaces */
    size_t next_tab;
};

void page_access_deinit(struct page_access *access);

/* A new code. It is valid until the next call. A negative errno (logged) */
int page_access_give_code(struct page_access *access, struct span *ret_code);

/* Takes a code for a new token, valid until the next call. GK_E_UNAUTHORIZED; a negative errno */
int page_access_take_code(struct page_access *access, struct span code, struct span *ret_token);

/* Whether it is the token of a tab; compared in constant time. */
bool page_access_matches(const struct page_access *access, struct span offered);

#endif
