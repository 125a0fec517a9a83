/* TFLM's profiler as the engine contract wants it: every operator that ends is passed on at once. */
#ifndef MCUBENCH_TFLM_LAYER_MARKER_H
#define MCUBENCH_TFLM_LAYER_MARKER_H

#include "library.h"

extern "C" {
#include "engine.h"
}

/* Keeps nothing per operator: what is recorded is the caller's bench_layer_t. TFLM's own MicroProfiler keeps three
 * arrays of 4096 events. */
class LayerMarker final : public tflite::MicroProfilerInterface {
public:
    LayerMarker(engine_mark_t mark, void *context) : mark_(mark), context_(context) {}

    /* `tag` is the operator's name in the schema, e.g. "CONV_2D". */
    uint32_t BeginEvent(const char *tag) override {
        op_ = tag;
        return 0;
    }

    void EndEvent(uint32_t) override {
        mark_(context_, layer_++, op_);
    }

private:
    engine_mark_t mark_;
    void *context_;
    const char *op_ = "";
    uint32_t layer_ = 0;
};

/* Table of virtual functions, mark, context, name and index, however many operators there are. */
static_assert(sizeof(LayerMarker) <= 5 * sizeof(void *), "the profiler must not grow with the operators");

#endif
