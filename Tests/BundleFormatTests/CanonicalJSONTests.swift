import BundleFormat
import Testing

struct CanonicalJSONTests {
    @Test(
        arguments: [
            (JSONValue.null, "null"), (true, "true"), (false, "false"), (0, "0"), (-1, "-1"),
            (.integer(.max), "9223372036854775807"), (.integer(.min), "-9223372036854775808"),
            ("", #""""#), ("a/b", #""a/b""#), ("\"\\", #""\"\\""#),
            ("\u{0}\u{8}\t\n\u{B}\u{C}\r\u{1F}\u{7F}", "\"\\u0000\\b\\t\\n\\u000b\\f\\r\\u001f\u{7F}\""),
            ("é\u{2028}😀", "\"é\u{2028}😀\""),
            ([], "[]"), ([1, [2], "x"], #"[1,[2],"x"]"#), ([:], "{}"),
            (["b": 1, "a": ["d": .null, "c": true]], #"{"a":{"c":true,"d":null},"b":1}"#),
            // UTF-8 order: Z before a, é (C3) before U+FF5E (EF), that before 😀 (F0); by UTF-16 the last two change places.
            (["😀": 1, "～": 2, "é": 3, "a": 4, "Z": 5, "aa": 6], #"{"Z":5,"a":4,"aa":6,"é":3,"～":2,"😀":1}"#),
        ] as [(JSONValue, String)])
    func hasOneSpelling(_ value: JSONValue, _ expected: String) throws {
        let bytes = CanonicalJSON.encode(value)
        #expect(String(decoding: bytes, as: UTF8.self) == expected)
        #expect(try JSONParser.parse(bytes) == value)
    }

    @Test func keepsTheTwoSpellingsOfOneCharacterApart() throws {
        let object = JSONObject([("e\u{301}", 1), ("\u{E9}", 2)])
        #expect(object.members.count == 2)
        #expect(object["e\u{301}"] == 1)
        #expect(object["\u{E9}"] == 2)
    }

    @Test func changesMembersInOrder() {
        var object = JSONObject([("b", 1), ("a", 2), ("b", 3)])
        #expect(object.members.map(\.key) == ["a", "b"])
        #expect(object["b"] == 3)
        object["aa"] = 4
        object["a"] = nil
        object["b"] = 5
        object["absent"] = nil
        #expect(CanonicalJSON.encode(.object(object)) == Array(#"{"aa":4,"b":5}"#.utf8))
    }
}
