public import BundleFormat
import Diagnostics

/// Where the value of a key goes.
typealias Place<Target, Value> = any WritableKeyPath<Target, Value> & Sendable

/// One key of a mapping that a person writes: how it is read, and what the JSON Schema says of it.
struct Field<Target: Sendable>: Sendable {
    let key: String
    /// For the schema: a document without it is not complete. To say so is for whoever knows what to suggest.
    let isRequired: Bool
    let schema: Schema
    let read: @Sendable (inout Target, inout MappingReader, inout Report) -> Void

    /// - Parameter summary: one sentence for whoever writes the key.
    init(
        _ key: String, _ summary: String, required: Bool = false, schema: Schema,
        read: @escaping @Sendable (inout Target, inout MappingReader, inout Report) -> Void
    ) {
        self.key = key
        isRequired = required
        self.schema = schema.described(summary)
        self.read = read
    }

    /// Text that a rule parses.
    init<Value: Sendable>(
        _ key: String, _ path: Place<Target, Setting<Value>>, _ rule: Rule<Value>,
        required: Bool = false, _ summary: String
    ) {
        self.init(key, summary, required: required, schema: rule.schema) { target, reader, report in
            target[keyPath: path] = reader.setting(key, rule, &report)
        }
    }

    /// A list of such texts.
    init<Value: Sendable>(
        _ key: String, _ path: Place<Target, [Setting<Value>]>, listOf rule: Rule<Value>,
        _ summary: String
    ) {
        self.init(key, summary, schema: .list(of: rule.schema)) { target, reader, report in
            target[keyPath: path] = reader.settings(key, rule, &report)
        }
    }

    /// A whole number.
    init(
        _ key: String, _ path: Place<Target, Setting<Int>>, in range: ClosedRange<Int>,
        required: Bool = false, _ summary: String, refusal: @escaping @Sendable (Int) -> Refusal
    ) {
        self.init(key, summary, required: required, schema: .number(in: range)) { target, reader, report in
            target[keyPath: path] = reader.number(key, in: range, &report, refusal: refusal)
        }
    }

    /// True or false.
    init(_ key: String, _ path: Place<Target, Setting<Bool>>, _ summary: String) {
        self.init(key, summary, schema: .flag) { target, reader, report in
            target[keyPath: path] = reader.flag(key, &report)
        }
    }

    /// A mapping with fields of its own.
    init<Part: Sendable>(
        _ key: String, _ path: Place<Target, Part>, _ fields: [Field<Part>], _ summary: String
    ) {
        self.init(key, summary, schema: .mapping(fields)) { target, reader, report in
            reader.mapping(key, &report) { reader, report in
                reader.read(fields, into: &target[keyPath: path], &report)
            }
        }
    }
}

extension MappingReader {
    mutating func read<Target>(_ fields: [Field<Target>], into target: inout Target, _ report: inout Report) {
        for field in fields { field.read(&target, &self, &report) }
    }
}

/// A JSON Schema, as far as it is needed to describe what ``MappingReader`` reads.
struct Schema: Sendable {
    fileprivate(set) var value: JSONObject

    static func text(pattern: String? = nil, longest: Int? = nil) -> Schema {
        var value = JSONObject([("type", "string")])
        value["pattern"] = pattern.map { .string("^(?:\($0))$") }
        value["maxLength"] = longest.map { .integer(Int64($0)) }
        return Schema(value: value)
    }

    static func words(_ words: [String]) -> Schema { Schema(value: JSONObject([("enum", .strings(words))])) }

    static func number(in range: ClosedRange<Int>) -> Schema {
        var value = JSONObject([("type", "integer"), ("minimum", .integer(Int64(range.lowerBound)))])
        if range.upperBound != .max { value["maximum"] = .integer(Int64(range.upperBound)) }
        return Schema(value: value)
    }

    static let flag = Schema(value: JSONObject([("type", "boolean")]))

    static func list(of item: Schema) -> Schema {
        Schema(value: JSONObject([("type", "array"), ("items", .object(item.value))]))
    }

    /// These keys and no others.
    static func mapping<Target>(_ fields: [Field<Target>]) -> Schema {
        mapping(fields.map { ($0.key, $0.schema) }, required: fields.filter(\.isRequired).map(\.key))
    }

    static func mapping(_ keys: [(String, Schema)], required: [String] = []) -> Schema {
        var value = JSONObject([
            ("type", "object"), ("additionalProperties", false),
            ("properties", .object(JSONObject(keys.map { ($0, .object($1.value)) }))),
        ])
        if !required.isEmpty { value["required"] = .strings(required) }
        return Schema(value: value)
    }

    /// Any keys, all with values of one kind.
    static func mapping(ofAny value: Schema) -> Schema {
        Schema(value: JSONObject([("type", "object"), ("additionalProperties", .object(value.value))]))
    }

    func described(_ summary: String) -> Schema { with("description", .string(summary)) }

    func with(_ keyword: String, _ value: JSONValue) -> Schema {
        var copy = self
        copy.value[keyword] = value
        return copy
    }
}

/// The JSON Schemas (draft 2020-12) of the files that people and `slipway lock` write, for editors and validators: made of the declarations that
/// the readers use.
///
/// They say what a file's form is: keys, kinds of values, words, spellings, ranges of numbers. What values mean together is `slipway check`'s to
/// say. A name of digits only has to be in quotes for them, since YAML takes it for a number.
public enum FileSchema: String, CaseIterable, Sendable {
    case topology, lock

    public var json: JSONValue {
        let schema =
            switch self {
            case .topology: Schema.mapping(Topology.fields).with("title", "A Slipway topology")
            case .lock: LockFile.schema.with("title", "A Slipway lock file")
            }
        return .object(schema.with("$schema", "https://json-schema.org/draft/2020-12/schema").value)
    }
}
