import BundleFormat

/// `current.json`: where the machine stands.
struct CurrentGeneration: Hashable {
    /// Nil before the first run and after the first generation was taken back.
    let number: Int?
    /// The highest number that was ever used.
    let last: Int

    static let none = CurrentGeneration(number: nil, last: 0)

    init(number: Int?, last: Int) {
        self.number = number
        self.last = last
    }

    init(decoding cursor: JSONCursor) throws(FormatError) {
        number = try cursor.optional("generation").map { (value) throws(FormatError) in
            Int(try value.integer(in: 1 ... .max))
        }
        last = Int(try cursor.required("last").integer(in: 0...(.max - 1)))
    }

    var json: JSONValue {
        var object = JSONObject([("last", .integer(Int64(last)))])
        object["generation"] = number.map { .integer(Int64($0)) }
        return .object(object)
    }
}
