#include "api/ghostkey/page_access.h"

#include <openssl/crypto.h>
#include <string.h>

#include "broker/clock.h"
#include "ghostkey/error.h"
#include "http/token.h"

#define NS_PER_S 1000000000ULL

void page_access_deinit(struct page_access *access) {
    explicit_bzero(access, sizeof(*access));
}

static int draw(struct page_key *key, uint64_t until_ns, struct span *ret_text) {
    TOKEN_AUTO struct token token = TOKEN_NULL;
    int error = token_draw(&token);

    if (error != 0) {
        return error;
    }
    memcpy(key->text, token.text, sizeof(key->text));
    key->until_ns = until_ns;
    *ret_text = (struct span){key->text, sizeof(key->text)};
    return 0;
}

static bool is_key(const struct page_key *key, struct span offered) {
    return key->until_ns != 0 && offered.len == sizeof(key->text) &&
           CRYPTO_memcmp(offered.data, key->text, sizeof(key->text)) == 0;
}

int page_access_give_code(struct page_access *access, struct span *ret_code) {
    struct page_key *key = &access->codes[access->next_code];

    access->next_code = (access->next_code + 1) % PAGE_CODES_MAX;
    return draw(key, clock_ticks_ns() + PAGE_CODE_LIFE_S * NS_PER_S, ret_code);
}

/* Whether the code was given and is still good. It is not good for a second time. */
static bool use_code(struct page_access *access, struct span code) {
    for (size_t at = 0; at < PAGE_CODES_MAX; at++) {
        struct page_key *key = &access->codes[at];

        if (is_key(key, code)) {
            bool is_good = clock_ticks_ns() < key->until_ns;

            explicit_bzero(key, sizeof(*key));
            return is_good;
        }
    }
    return false;
}

int page_access_take_code(struct page_access *access, struct span code, struct span *ret_token) {
    struct page_key *key = &access->tabs[access->next_tab];

    if (!use_code(access, code)) {
        return GK_E_UNAUTHORIZED;
    }
    access->next_tab = (access->next_tab + 1) % PAGE_TABS_MAX;
    return draw(key, UINT64_MAX, ret_token);
}

bool page_access_matches(const struct page_access *access, struct span offered) {
    bool matches = false;

    if (access == NULL || offered.len != PAGE_KEY_CHARS) {
        return false;
    }
    for (size_t at = 0; at < PAGE_TABS_MAX; at++) {
        matches |= is_key(&access->tabs[at], offered);
    }
    return matches;
}
