import BundleFormat
import Testing

struct JSONCursorTests {
    static let document = JSONCursor([
        "layers": [["digest": 1, "size": -1], "text"], "name": "", "flag": "yes",
        "long": .string(String(repeating: "x", count: 5000)),
    ])

    @Test func namesThePathOfEveryRefusal() throws {
        let layers = try Self.document.required("layers").elements(limit: 10)
        let cases: [(String, () throws -> Void)] = [
            ("layers[0].digest: expected a string, found a number", { _ = try layers[0].required("digest").string() }),
            ("layers[0].digest: expected a string, found a number", { _ = try layers[0].required("digest").digest() }),
            ("layers[0].size: -1 is not between 0 and 9", { _ = try layers[0].required("size").integer(in: 0...9) }),
            ("layers[0].mediaType: is missing", { _ = try layers[0].required("mediaType") }),
            ("layers[1]: expected an object, found a string", { _ = try layers[1].required("digest") }),
            ("layers[1]: expected a whole number, found a string", { _ = try layers[1].integer() }),
            ("layers[1]: \"text\" is not a digest", { _ = try layers[1].digest() }),
            (
                "layers: has 2 elements; at most 1 are accepted",
                { _ = try Self.document.required("layers").elements(limit: 1) }
            ),
            ("name: may not be empty", { _ = try Self.document.required("name").name() }),
            ("name: expected an array, found a string", { _ = try Self.document.required("name").elements(limit: 1) }),
            ("flag: expected true or false, found a string", { _ = try Self.document.required("flag").bool() }),
            ("long: is longer than 4096 bytes", { _ = try Self.document.required("long").string() }),
            (
                "flag: is not known here; known are layers, long, name",
                { try Self.document.only(["layers", "name", "long"]) }
            ),
            ("layers[0].digest: expected a string", { _ = try layers[0].stringPairs() }),
            ("document: expected an array, found an object", { _ = try Self.document.elements(limit: 1) }),
        ]
        for (message, read) in cases {
            let error = #expect(throws: FormatError.self) { try read() }
            #expect(
                error?.description.hasPrefix(message) == true,
                "\(error?.description ?? "accepted"), expected \(message)")
        }
        #expect(try Self.document.optional("absent")?.value == nil)
    }
}

struct UnknownMemberTests {
    /// 200,000 unknown members are one sentence.
    @Test func areNamedOnce() {
        let object = JSONValue.object(JSONObject((0..<200_000).map { ("x\($0)", JSONValue.null) }))
        let error = #expect(throws: FormatError.self) { try JSONCursor(object).only(["a"]) }
        #expect(error?.description == "x0: is not known here, nor are 199999 others; known are a")
    }
}
