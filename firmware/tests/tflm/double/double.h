/* A test double of TensorFlow Lite for Microcontrollers: as much of its public API as the engine uses, with the same
 * names and signatures, over real .tflite files. It does not compute the network: output byte k is the sum of the input
 * bytes k, k + n, k + 2n ... of an output of n bytes. It remembers how many inputs since its last reset began with 0xDD,
 * and adds that to output byte 0. In an arena that is far too small it aborts, as the library
 * writes through null pointers there. */
#ifndef TFLM_DOUBLE_H
#define TFLM_DOUBLE_H

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#define TFLITE_SCHEMA_VERSION (3)

/* tensorflow/lite/c/common.h */
enum TfLiteStatus { kTfLiteOk = 0, kTfLiteError = 1 };
enum TfLiteType { kTfLiteFloat32 = 1, kTfLiteInt32 = 2, kTfLiteUInt8 = 3, kTfLiteInt16 = 7, kTfLiteInt8 = 9 };
union TfLitePtrUnion {
    uint8_t *uint8;
};
struct TfLiteTensor {
    TfLiteType type;
    TfLitePtrUnion data;
    size_t bytes;
};
struct TfLiteContext {
    void *profiler;
};
struct TFLMRegistration {
    int32_t builtin_code;
};

/* What the double needs of each model, told apart from what it used when it had all. */
constexpr size_t DOUBLE_TAIL_BYTES = 200;
constexpr size_t DOUBLE_PERSISTENT_BYTES = 1000;
constexpr size_t DOUBLE_SHORT_BYTES = 12;

namespace tflite {

/* A table of a flatbuffer (flatbuffers.dev, "FlatBuffer internals"). */
class Table {
public:
    const uint8_t *field(unsigned index) const {
        const uint8_t *vtable = at() - read<int32_t>(at());
        const unsigned slot = 4 + 2 * index;
        const uint16_t offset = slot < read<uint16_t>(vtable) ? read<uint16_t>(vtable + slot) : 0;
        return offset == 0 ? nullptr : at() + offset;
    }
    template <typename T> T value(unsigned index, T missing) const {
        return field(index) == nullptr ? missing : read<T>(field(index));
    }
    const uint8_t *follow(unsigned index) const {
        return field(index) == nullptr ? nullptr : field(index) + read<uint32_t>(field(index));
    }
    template <typename T> static T read(const uint8_t *from) {
        T value;
        std::memcpy(&value, from, sizeof value);
        return value;
    }

private:
    const uint8_t *at() const {
        return reinterpret_cast<const uint8_t *>(this);
    }
};

/* A vector of tables. */
template <typename T> class Tables {
public:
    class Iterator {
    public:
        explicit Iterator(const uint8_t *entry) : entry_(entry) {}
        const T *operator*() const {
            return reinterpret_cast<const T *>(entry_ + Table::read<uint32_t>(entry_));
        }
        Iterator &operator++() {
            entry_ += 4;
            return *this;
        }
        bool operator!=(const Iterator &other) const {
            return entry_ != other.entry_;
        }

    private:
        const uint8_t *entry_;
    };
    uint32_t size() const {
        return Table::read<uint32_t>(reinterpret_cast<const uint8_t *>(this));
    }
    Iterator begin() const {
        return Iterator(reinterpret_cast<const uint8_t *>(this) + 4);
    }
    Iterator end() const {
        return Iterator(reinterpret_cast<const uint8_t *>(this) + 4 + 4 * size());
    }
    const T *Get(uint32_t index) const {
        return *Iterator(reinterpret_cast<const uint8_t *>(this) + 4 + 4 * index);
    }
};

/* tensorflow/lite/schema/schema_generated.h: the values are those of the schema. */
enum BuiltinOperator : int32_t {
    BuiltinOperator_CONV_2D = 3,
    BuiltinOperator_FULLY_CONNECTED = 9,
    BuiltinOperator_MAX_POOL_2D = 17,
    BuiltinOperator_RESHAPE = 22,
    BuiltinOperator_SOFTMAX = 25,
};

class OperatorCode : public Table {};
class Operator : public Table {
public:
    uint32_t opcode_index() const {
        return value<uint32_t>(0, 0);
    }
};
class Model : public Table {
public:
    uint32_t version() const {
        return value<uint32_t>(0, 0);
    }
    const Tables<OperatorCode> *operator_codes() const {
        return reinterpret_cast<const Tables<OperatorCode> *>(follow(1));
    }
    const Table &subgraph() const {
        return *reinterpret_cast<const Tables<Table> *>(follow(2))->Get(0);
    }
};

inline const Model *GetModel(const void *file) {
    const auto *bytes = static_cast<const uint8_t *>(file);
    return reinterpret_cast<const Model *>(bytes + Table::read<uint32_t>(bytes));
}

/* tensorflow/lite/schema/schema_utils.h */
inline BuiltinOperator GetBuiltinCode(const OperatorCode *code) {
    const int32_t newer = code->value<int32_t>(3, 0);
    const int8_t older = code->value<int8_t>(0, 0);
    return static_cast<BuiltinOperator>(newer > older ? newer : older);
}

/* tensorflow/lite/micro/micro_profiler_interface.h */
class MicroProfilerInterface {
public:
    virtual ~MicroProfilerInterface() {}
    virtual uint32_t BeginEvent(const char *tag) = 0;
    virtual void EndEvent(uint32_t event_handle) = 0;
};

/* tensorflow/lite/micro/micro_op_resolver.h and micro_mutable_op_resolver.h */
class MicroOpResolver {
public:
    virtual ~MicroOpResolver() {}
    virtual const TFLMRegistration *FindOp(BuiltinOperator op) const = 0;
};

template <unsigned int tOpCount> class MicroMutableOpResolver : public MicroOpResolver {
public:
    const TFLMRegistration *FindOp(BuiltinOperator op) const override {
        for (unsigned i = 0; i < count_; i++) {
            if (registrations_[i].builtin_code == op) {
                return &registrations_[i];
            }
        }
        return nullptr;
    }
    TfLiteStatus AddConv2D() { return add(BuiltinOperator_CONV_2D); }
    TfLiteStatus AddFullyConnected() { return add(BuiltinOperator_FULLY_CONNECTED); }
    TfLiteStatus AddMaxPool2D() { return add(BuiltinOperator_MAX_POOL_2D); }
    TfLiteStatus AddReshape() { return add(BuiltinOperator_RESHAPE); }
    TfLiteStatus AddSoftmax() { return add(BuiltinOperator_SOFTMAX); }

private:
    TfLiteStatus add(BuiltinOperator op) {
        if (count_ == tOpCount || FindOp(op) != nullptr) {
            return kTfLiteError;
        }
        registrations_[count_++].builtin_code = op;
        return kTfLiteOk;
    }
    TFLMRegistration registrations_[tOpCount] = {};
    unsigned count_ = 0;
};

/* tensorflow/lite/micro/micro_arena_constants.h */
constexpr int MicroArenaBufferAlignment() {
    return 16;
}

/* tensorflow/lite/micro/micro_allocator.h */
class MicroAllocator {
public:
    static size_t GetDefaultTailUsage(bool is_memory_planner_given) {
        return is_memory_planner_given ? 0 : DOUBLE_TAIL_BYTES;
    }
};

class MicroResourceVariables;

/* tensorflow/lite/micro/micro_interpreter.h */
class MicroInterpreter {
public:
    MicroInterpreter(const Model *model, const MicroOpResolver &, uint8_t *tensor_arena,
                     size_t tensor_arena_size, MicroResourceVariables * = nullptr,
                     MicroProfilerInterface *profiler = nullptr)
        : model_(*model), arena_(tensor_arena), arena_bytes_(tensor_arena_size) {
        if (tensor_arena_size < DOUBLE_TAIL_BYTES) {
            abort();
        }
        context_.profiler = profiler;
    }
    /* A model that was not allocated may not be destroyed; see the comment in engine.cc. */
    ~MicroInterpreter() {
        abort();
    }

    TfLiteStatus AllocateTensors() {
        if (arena_bytes_ < DOUBLE_PERSISTENT_BYTES) {
            abort();
        }
        input_ = tensor(1);
        output_ = tensor(2);
        used_ = DOUBLE_PERSISTENT_BYTES + input_.bytes + output_.bytes;
        input_.data.uint8 = arena_;
        output_.data.uint8 = arena_ + input_.bytes;
        remembered_ = 0;
        return arena_bytes_ < used_ + DOUBLE_SHORT_BYTES ? kTfLiteError : kTfLiteOk;
    }

    TfLiteStatus Invoke() {
        std::memset(output_.data.uint8, 0, output_.bytes);
        for (size_t i = 0; i < input_.bytes; i++) {
            output_.data.uint8[i % output_.bytes] += input_.data.uint8[i];
        }
        output_.data.uint8[0] += remembered_;
        remembered_ += input_.data.uint8[0] == 0xDD;
        const bool fails = input_.data.uint8[0] == 0xEE;
        std::memset(input_.data.uint8, 0x5A, input_.bytes);
        auto *profiler = static_cast<MicroProfilerInterface *>(context_.profiler);
        for (const Operator *each : *reinterpret_cast<const Tables<Operator> *>(model_.subgraph().follow(3))) {
            const uint32_t event = profiler == nullptr ? 0 : profiler->BeginEvent(name(each->opcode_index()));
            if (profiler != nullptr) {
                profiler->EndEvent(event);
            }
        }
        return fails ? kTfLiteError : kTfLiteOk;
    }

    TfLiteStatus Reset() {
        remembered_ = 0;
        return kTfLiteOk;
    }

    TfLiteTensor *input(size_t) { return &input_; }
    TfLiteTensor *output(size_t) { return &output_; }
    size_t inputs_size() const { return 1; }
    size_t outputs_size() const { return 1; }
    size_t arena_used_bytes() const { return used_; }

protected:
    const TfLiteContext &context() const { return context_; }

private:
    /* `list`: field 1 of a subgraph is its inputs, field 2 its outputs, 0 all tensors, 3 the operators. */
    TfLiteTensor tensor(unsigned list) const {
        const Table &subgraph = model_.subgraph();
        const auto index = Table::read<uint32_t>(subgraph.follow(list) + 4);
        const Table &found = *reinterpret_cast<const Tables<Table> *>(subgraph.follow(0))->Get(index);
        const uint8_t *shape = found.follow(0);
        TfLiteTensor tensor = {};
        tensor.type = found.value<int8_t>(1, 0) == 9 ? kTfLiteInt8 : kTfLiteFloat32; /* the schema's INT8, FLOAT32 */
        tensor.bytes = tensor.type == kTfLiteInt8 ? 1 : 4;
        for (uint32_t i = 0; i < Table::read<uint32_t>(shape); i++) {
            tensor.bytes *= Table::read<uint32_t>(shape + 4 + 4 * i);
        }
        return tensor;
    }
    const char *name(uint32_t code) const {
        switch (GetBuiltinCode(model_.operator_codes()->Get(code))) {
        case BuiltinOperator_CONV_2D:
            return "CONV_2D";
        case BuiltinOperator_FULLY_CONNECTED:
            return "FULLY_CONNECTED";
        case BuiltinOperator_MAX_POOL_2D:
            return "MAX_POOL_2D";
        case BuiltinOperator_RESHAPE:
            return "RESHAPE";
        case BuiltinOperator_SOFTMAX:
            return "SOFTMAX";
        }
        return "?";
    }

    const Model &model_;
    uint8_t *arena_;
    size_t arena_bytes_;
    size_t used_ = 0;
    uint8_t remembered_ = 0;
    TfLiteContext context_ = {};
    TfLiteTensor input_ = {};
    TfLiteTensor output_ = {};
};

} // namespace tflite

#endif
