#include "model/state.h"

void state_deinit(struct state *state) {
    buffer_deinit(&state->seed);
    *state = STATE_NULL;
}
