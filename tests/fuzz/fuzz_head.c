/* The decoders for the head of a request: name, query, preconditions, media types, Last-Event-ID.
 */
#include "api/ghostkey/request.h"
#include "common/name.h"
#include "fuzz.h"

static void expect(int error, const struct problem *problem) {
    MUST(error == 0 || error == GK_E_BAD_REQUEST);
    MUST(error == 0 || problem->detail[0] != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct span text = {(const char *)data, size};
    char place[GK_NAME_MAX_BYTES];
    struct problem problem = PROBLEM_NULL;
    struct span name = SPAN_NULL;
    struct query query;
    struct expectation expectations[2];
    uint64_t seq;
    int error = request_decode_name(text, place, &name, &problem);

    expect(error, &problem);
    MUST(error != 0 || name_fault(name) == NULL);
    for (unsigned int allowed = 0; allowed < QUERY_EXPIRED << 1; allowed += 21) {
        expect(request_decode_query(text, allowed, &query, &problem), &problem);
    }
    expect(request_decode_query(text, ~0U, &query, &problem), &problem);
    expect(request_decode_expectations(text, SPAN_NULL, expectations, &problem), &problem);
    MUST(expectations[0].count <= GK_PRECONDITION_TAGS_MAX);
    expect(request_decode_expectations(SPAN_NULL, text, expectations, &problem), &problem);
    MUST(expectations[1].count <= GK_PRECONDITION_TAGS_MAX);
    expect(request_decode_last_event(text, &seq, &problem), &problem);
    (void)request_is_json(text); /* either is right */
    (void)request_wants_stream(text);
    return 0;
}
