import BundleFormat
import TestSupport
import Testing

struct JSONParserTests {
    @Test(
        arguments: [
            (" \t\r\n{ \"a\" : [ 1 , -2 ] } \n", ["a": [1, -2]]),
            (#""\u0041\/\b\f\n\r\t\"\\\u00e9\uD83D\uDE00""#, "A/\u{8}\u{C}\n\r\t\"\\é😀"),
            ("[[[[]]]]", [[[[]]]]),
            (#"{"b":1,"a":2}"#, ["a": 2, "b": 1]),
            (#""\u0000""#, "\u{0}"),
        ] as [(String, JSONValue)])
    func accepts(_ text: String, _ value: JSONValue) throws {
        #expect(try JSONParser.parse(Array(text.utf8)) == value)
    }

    @Test(arguments: [
        ("", "line 1, column 1: the document ends where a value is expected"),
        ("  ", "line 1, column 3: the document ends"),
        ("{} x", "line 1, column 4: nothing may follow the document"),
        ("[1,]", "line 1, column 4: a value is expected here"),
        ("[1 2]", "line 1, column 4: \",\" or \"]\" is expected here"),
        ("[", "line 1, column 2: the document ends"),
        ("{\"a\":1,}", "line 1, column 8: a member name in double quotes is expected"),
        ("{\"a\" 1}", "line 1, column 6: \":\" is expected after a member name"),
        ("{a:1}", "line 1, column 2: a member name in double quotes"),
        ("{\"a\":1 \"b\":2}", "line 1, column 8: \",\" or \"}\" is expected here"),
        ("{\"a\":1,\n \"b\":2,\n  \"a\":3}", "line 3, column 3: the member \"a\" occurs twice"),
        ("{\"a\":1,\"\\u0061\":2}", "line 1, column 8: the member \"a\" occurs twice"),
        ("tru", "line 1, column 1: a value is expected here"),
        ("nul", "a value is expected here"), ("True", "a value is expected here"), ("'a'", "a value is expected here"),
        ("\u{FEFF}1", "line 1, column 1: a value is expected here"),
        ("1.5", "fractions and exponents are not accepted"), ("1e3", "fractions and exponents are not accepted"),
        ("[é, 1]", "line 1, column 2: a value is expected"),
        ("[\"éé\", x]", "line 1, column 8: a value is expected here"),
        ("01", "may not begin with 0"), ("-01", "may not begin with 0"), ("-0", "\"-0\" is not accepted"),
        ("-", "a digit is expected after"), ("+1", "a value is expected here"), ("NaN", "a value is expected here"),
        ("9223372036854775808", "does not fit in 64 bits"), ("-9223372036854775809", "does not fit in 64 bits"),
        ("99999999999999999999999999", "does not fit in 64 bits"),
        ("\"abc", "line 1, column 1: the string that begins here does not end"),
        ("\"a\\", "the document ends inside a string"), ("\"\\x\"", "an unknown escape"),
        ("\"\\u12\"", "four hexadecimal digits are expected"), ("\"\\u12g4\"", "four hexadecimal digits"),
        ("\"\\ud800\"", "an unpaired surrogate"), ("\"\\udc00\"", "an unpaired surrogate"),
        ("\"\\ud800\\u0041\"", "an unpaired surrogate"), ("\"\\ud800x\"", "an unpaired surrogate"),
        ("\"a\nb\"", "line 1, column 3: a control character in a string must be escaped"),
        ("\"\\n\nb\"", "a control character in a string must be escaped"),
        ("/* */1", "a value is expected here"),
    ])
    func refuses(_ text: String, _ message: String) {
        let error = #expect(throws: FormatError.self) { try JSONParser.parse(Array(text.utf8)) }
        #expect(error?.description.contains(message) == true, "\(error?.description ?? "accepted")")
    }

    @Test(
        arguments: [
            [0x22, 0xFF, 0x22], [0x22, 0xC3, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
            [0x22, 0x5C, 0x6E, 0xFF, 0x22], [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22],
        ] as [[UInt8]])
    func refusesWhatIsNotUTF8(_ bytes: [UInt8]) {
        let error = #expect(throws: FormatError.self) { try JSONParser.parse(bytes) }
        #expect(error?.description == "line 1, column 1: the string that begins here is not valid UTF-8")
    }

    @Test func boundsDepthAndLength() throws {
        let limits = JSONLimits(byteCount: 100, depth: 3)
        #expect(throws: Never.self) { try JSONParser.parse(Array("[[[1]]]".utf8), limits: limits) }
        let deep = #expect(throws: FormatError.self) {
            try JSONParser.parse(Array("[[{\"a\":[1]}]]".utf8), limits: limits)
        }
        #expect(deep?.description == "line 1, column 8: more than 3 arrays and objects inside one another")
        let long = #expect(throws: FormatError.self) {
            try JSONParser.parse([UInt8](repeating: 0x20, count: 101), limits: limits)
        }
        #expect(long?.description == "a JSON document of 101 bytes exceeds the limit of 100")
        let small = JSONLimits(memory: 10_000)
        let list = { (count: Int) in Array(("[1" + String(repeating: ",1", count: count) + "]").utf8) }
        #expect(throws: Never.self) { try JSONParser.parse(list(100), limits: small) }
        let many = #expect(throws: FormatError.self) { try JSONParser.parse(list(1000), limits: small) }
        #expect(many?.description == "what the values of a JSON document take in memory exceeds the limit of 10000")
        let hostile = [UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)
        #expect(throws: FormatError.self) { try JSONParser.parse(hostile) }
    }
}
