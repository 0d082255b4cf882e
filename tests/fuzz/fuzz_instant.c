/* RFC 3339 and durations: what parses is in range, and formats to what parses to the same. */
#include "common/instant.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct span text = {(const char *)data, size};
    char place[INSTANT_TEXT_BYTES];
    instant at = 0;
    instant again = 0;
    int64_t seconds = 0;

    if (instant_parse(text, &at) == 0) {
        instant_format(at, place);
        MUST(instant_parse((struct span){place, sizeof(place)}, &again) == 0 && again == at);
    }
    MUST(duration_parse(text, &seconds) != 0 || seconds >= 0);
    return 0;
}
