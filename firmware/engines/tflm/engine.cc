/* The engine contract over TensorFlow Lite for Microcontrollers and the models that `mcubench codegen` has embedded. */
#include <new>

#include "layer_marker.h"
#include "library.h"

extern "C" {
#include "tflm.h"
}
#include "resolver.h"

extern "C" {
const char engine_name[] = "tflm";
const char engine_version[] = MCUBENCH_TFLM_VERSION; /* from firmware/scripts/library.py: TFLM does not say its own */
#if defined(CMSIS_NN)
const char engine_kernels[] = "cmsis-nn";
#elif defined(ESP_NN)
const char engine_kernels[] = "esp-nn";
#else
const char engine_kernels[] = "reference";
#endif
}

namespace {

/* The profiler is set for one pass only: in the timed inferences there is none. The library takes it just in its
 * constructor, but looks for it in its context before every operator. */
class Interpreter final : public tflite::MicroInterpreter {
public:
    using tflite::MicroInterpreter::MicroInterpreter;

    void set_profiler(tflite::MicroProfilerInterface *profiler) {
        const_cast<TfLiteContext &>(context()).profiler = profiler;
    }
};

/* Built in place, and never destroyed: all that an interpreter owns lies in the arena, and where AllocateTensors() has
 * failed, its destructor follows pointers that were not written yet. */
alignas(Interpreter) uint8_t interpreter_memory[sizeof(Interpreter)];
alignas(Resolver) uint8_t resolver_memory[sizeof(Resolver)];

Interpreter *interpreter;
Resolver *resolver;
engine_model_t open_info;
uint32_t open_index = UINT32_MAX;

const Resolver &get_resolver() {
    if (resolver == nullptr) {
        resolver = new (resolver_memory) Resolver();
        add_operators(*resolver);
    }
    return *resolver;
}

/* AllocateTensors() finds these too, but its status does not tell them from an arena that is too small. */
bool is_supported(const tflite::Model &model) {
    if (model.version() != TFLITE_SCHEMA_VERSION || model.operator_codes() == nullptr) {
        return false;
    }
    for (const tflite::OperatorCode *code : *model.operator_codes()) {
        if (get_resolver().FindOp(tflite::GetBuiltinCode(code)) == nullptr) {
            return false;
        }
    }
    return true;
}

/* The interpreter's constructor writes its own structures into the arena without asking whether they fit. Their
 * alignment may cost as much again as one alignment of the arena. */
bool arena_can_hold_allocator(uint32_t arena_bytes) {
    return arena_bytes >= tflite::MicroAllocator::GetDefaultTailUsage(false) + tflite::MicroArenaBufferAlignment();
}

bool fits(const TfLiteTensor *tensor, engine_type type, uint32_t bytes) {
    static constexpr TfLiteType types[] = {kTfLiteInt8, kTfLiteUInt8, kTfLiteInt16, kTfLiteInt32, kTfLiteFloat32};
    static_assert(ENGINE_INT8 == 0 && ENGINE_UINT8 == 1 && ENGINE_INT16 == 2 && ENGINE_INT32 == 3 &&
                  ENGINE_FLOAT32 == 4, "types[] is in the order of engine_type");
    return tensor != nullptr && tensor->type == types[type] && tensor->bytes == bytes;
}

int allocate(const tflite::Model &file, uint32_t arena_bytes) {
    if (!arena_can_hold_allocator(arena_bytes)) {
        return ENGINE_ERROR_ARENA;
    }
    interpreter = new (interpreter_memory) Interpreter(&file, get_resolver(), tflm_arena, arena_bytes);
    return interpreter->AllocateTensors() == kTfLiteOk ? ENGINE_OK : ENGINE_ERROR_ARENA;
}

/* With all the memory first: in an arena far too small for a model, the library writes through null pointers where it
 * unpacks the operators' options. Then with just as much as was asked for, if that is at least what was used. */
int open_model(const tflm_model_t &model, uint32_t arena_bytes) {
    const tflite::Model &file = *tflite::GetModel(model.file);
    if (!is_supported(file)) {
        return ENGINE_ERROR_MODEL;
    }
    int status = allocate(file, tflm_arena_bytes);
    if (status == ENGINE_OK && arena_bytes != tflm_arena_bytes) {
        const bool is_possible = arena_bytes >= interpreter->arena_used_bytes() && arena_bytes < tflm_arena_bytes;
        status = is_possible ? allocate(file, arena_bytes) : ENGINE_ERROR_ARENA;
    }
    const engine_model_t &info = model.info;
    if (status == ENGINE_OK &&
        (interpreter->inputs_size() != 1 || !fits(interpreter->input(0), info.input_type, info.input_bytes) ||
         interpreter->outputs_size() != 1 || !fits(interpreter->output(0), info.output_type, info.output_bytes))) {
        return ENGINE_ERROR_MODEL;
    }
    return status;
}

} // namespace

extern "C" {

uint32_t engine_model_count(void) {
    return tflm_model_count;
}

const engine_model_t *engine_model(uint32_t index) {
    if (index == open_index) {
        return &open_info;
    }
    return index < tflm_model_count ? &tflm_models[index]->info : nullptr;
}

int engine_open(uint32_t index, uint32_t arena_bytes) {
    open_index = UINT32_MAX;
    if (index >= tflm_model_count) {
        return ENGINE_ERROR_MODEL;
    }
    const int status = open_model(*tflm_models[index], arena_bytes == ENGINE_ARENA_ALL ? tflm_arena_bytes : arena_bytes);
    if (status == ENGINE_OK) {
        open_info = tflm_models[index]->info;
        open_info.arena_bytes = static_cast<uint32_t>(interpreter->arena_used_bytes());
        open_index = index;
    }
    return status;
}

uint8_t *engine_input(void) {
    return interpreter->input(0)->data.uint8;
}

const uint8_t *engine_output(void) {
    return interpreter->output(0)->data.uint8;
}

/* Reset() looks at every tensor and operator of the model: that time is spent only where there is something to reset. */
int engine_invoke(void) {
    if (tflm_models[open_index]->remembers && interpreter->Reset() != kTfLiteOk) {
        return ENGINE_ERROR_INVOKE;
    }
    return interpreter->Invoke() == kTfLiteOk ? ENGINE_OK : ENGINE_ERROR_INVOKE;
}

int engine_invoke_marked(engine_mark_t mark, void *context) {
    LayerMarker marker(mark, context);
    interpreter->set_profiler(&marker);
    const int status = engine_invoke();
    interpreter->set_profiler(nullptr);
    return status;
}

} // extern "C"
