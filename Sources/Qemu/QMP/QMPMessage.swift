import BundleFormat

/// What QEMU sends: docs/interop/qmp-spec of its sources.
enum QMPMessage: Hashable, Sendable {
    case greeting
    /// Something happened; nobody asked.
    case event(String)
    case result(id: Int64?, JSONValue)
    /// Without an id when QEMU could not read the command.
    case failure(id: Int64?, kind: String, reason: String)

    init(parsing line: some Sequence<UInt8>) throws(FormatError) {
        let cursor = JSONCursor(try JSONParser.parse(Array(line), limits: JSONLimits(byteCount: 1 << 20, depth: 32)))
        if try cursor.optional("QMP") != nil {
            self = .greeting
        } else if let event = try cursor.optional("event") {
            self = .event(try event.name())
        } else {
            let id = try cursor.optional("id")?.integer()
            if let result = try cursor.optional("return") {
                self = .result(id: id, result.value)
            } else {
                let error = try cursor.required("error")
                self = .failure(
                    id: id, kind: try error.required("class").name(),
                    reason: try error.required("desc").string(limit: 1 << 16))
            }
        }
    }
}
