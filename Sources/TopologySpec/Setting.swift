import BundleFormat
public import Diagnostics
import Values

/// What a topology says for one key: nothing, something that was refused, or a value at its place.
///
/// Later stages are silent about a setting that was refused: one cause, one finding.
public enum Setting<Value: Sendable>: Sendable {
    case absent
    /// What was written there is no such value; the report says so already.
    case refused(at: SourcePosition)
    case written(Value, at: SourcePosition)

    public var value: Value? {
        if case .written(let value, _) = self { value } else { nil }
    }

    /// Where something was written, right or wrong.
    public var position: SourcePosition? {
        switch self {
        case .absent: nil
        case .refused(let position), .written(_, let position): position
        }
    }

    public var isRefused: Bool {
        if case .refused = self { true } else { false }
    }

    public var isAbsent: Bool {
        if case .absent = self { true } else { false }
    }

    /// Counts a key that is absent only because it is misspelt as refused: the unknown key is reported.
    mutating func excuse(_ misspelt: SourcePosition?) {
        if isAbsent, let misspelt { self = .refused(at: misspelt) }
    }
}

/// Why a text is not the value of a setting.
struct Refusal: Error {
    let message: String
    let help: String
}

/// How the text of a setting becomes its value: the one place where a topology's text is parsed.
struct Rule<Value: Sendable>: Sendable {
    /// Says no more than ``parse`` does: what it refuses is refused, and mostly the other way round.
    let schema: Schema
    let parse: @Sendable (String) -> Result<Value, Refusal>

    init(_ schema: Schema = .text(), _ parse: @escaping @Sendable (String) -> Result<Value, Refusal>) {
        self.schema = schema
        self.parse = parse
    }

    /// `'x' is not a lifetime`, `expected a lifetime, such as 1y`.
    init(
        _ what: String, like example: String, _ schema: Schema = .text(),
        _ parse: @escaping @Sendable (String) -> Value?
    ) {
        self.init(schema) { text in
            if let value = parse(text) { return .success(value) }
            return .failure(
                Refusal(message: "'\(text)' is not \(what)", help: "expected \(what), such as \(example)"))
        }
    }
}

extension Rule where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    /// One of an enumeration's words, with a suggestion for a near miss.
    static var word: Self { word("supported here") }

    static func word(_ what: String) -> Self {
        Self(.words(Value.allCases.map(\.rawValue))) { text in
            if let value = Value(rawValue: text) { return .success(value) }
            return .failure(
                Refusal(
                    message: "'\(text)' is not \(what)",
                    help: Suggestion.help(for: text, among: Value.allCases.map(\.rawValue))))
        }
    }
}

extension Schema {
    fileprivate static let dottedQuad =
        #"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])){3}"#
    fileprivate static let label = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
}

extension Rule<IPv4Address> {
    static var address: Self {
        Self(.text(pattern: Schema.dottedQuad)) { text in
            if let address = IPv4Address(text) { return .success(address) }
            return .failure(
                Refusal(
                    message: "'\(text)' is not an IPv4 address",
                    help: "expected four numbers from 0 to 255 with dots, no leading zeros"))
        }
    }
}

extension Rule<IPv4Network> {
    static var network: Self {
        Self(.text(pattern: Schema.dottedQuad + "/(?:3[0-2]|[12]?[0-9])")) { text in
            do throws(IPv4Network.ParseFailure) { return .success(try IPv4Network(parsing: text)) } catch {
                switch error {
                case .notCIDR:
                    return .failure(
                        Refusal(
                            message: "'\(text)' is not an IPv4 network",
                            help: "expected CIDR notation, such as 192.168.64.0/24"))
                case .hostBits(let network):
                    return .failure(
                        Refusal(
                            message: "\(text) names an address inside a network, not the network",
                            help: "did you mean \(network)?"))
                }
            }
        }
    }
}

extension Rule<ByteSize> {
    /// Written with a binary unit, at least as much as a machine needs.
    static func size(atLeast least: ByteSize) -> Self {
        Self(.text(pattern: "[0-9]+ ?[MGT]iB")) { text in
            guard let size = ByteSize(text) else {
                return .failure(
                    Refusal(
                        message: "'\(text)' is not a size",
                        help: "expected a number with MiB, GiB or TiB, such as \(likely(text, least))"))
            }
            if size < least {
                return .failure(Refusal(message: "\(size) is too small", help: "expected at least \(least)"))
            }
            return .success(size)
        }
    }

    /// What was probably meant: the unit's first letter says it, else the number's size does.
    private static func likely(_ text: String, _ least: ByteSize) -> ByteSize {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int(digits), (1...1 << 20).contains(number) else { return .gibibytes(2) }
        let size: ByteSize =
            switch text.dropFirst(digits.count).drop(while: { $0 == " " }).first?.lowercased() {
            case "m": ByteSize(mebibytes: number)
            case "t": .gibibytes(number * 1024)
            case "g": .gibibytes(number)
            default: number < 128 ? .gibibytes(number) : ByteSize(mebibytes: number)
            }
        return max(size, least)
    }
}

extension Rule<MACAddress> {
    static var unicastMAC: Self {
        Self(.text(pattern: "[0-9A-Fa-f][02468ACEace](?::[0-9A-Fa-f]{2}){5}")) { text in
            if let mac = MACAddress(text), mac.isUnicast { return .success(mac) }
            return .failure(
                Refusal(
                    message: "'\(text)' is not a unicast MAC address",
                    help: "expected six bytes, such as 52:54:00:12:34:56, or leave it out"))
        }
    }
}

extension Rule<Timestamp> {
    static var date: Self {
        Self(.text(pattern: "[12][0-9]{3}-[01][0-9]-[0-3][0-9](?:T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]Z)?")) { text in
            if let date = Timestamp(text) { return .success(date) }
            return .failure(
                Refusal(
                    message: "'\(text)' is not a valid date",
                    help: "expected a date such as 2026-11-22, or 2026-11-22T10:00:00Z"))
        }
    }
}

extension Rule<Lifetime> {
    static var lifetime: Self {
        Self("a lifetime", like: "1y or 30d", .text(pattern: #"\+?[0-9]+[hdy]"#)) { Lifetime($0) }
    }
}

extension Rule<Version> {
    static func release(like example: String) -> Self {
        Self("a release number", like: example, .text(pattern: #"(?:0|[1-9][0-9]{0,3})(?:\.(?:0|[1-9][0-9]{0,3})){2}"#))
        {
            Version($0)
        }
    }
}

extension Rule<String> {
    /// Any text; what it may be is for later stages to say.
    static var anything: Self { Self { .success($0) } }

    static var domain: Self {
        Self(
            "a DNS domain", like: "cluster.local",
            .text(pattern: #"\#(Schema.label)(?:\.\#(Schema.label))*"#, longest: 253)
        ) { DNSLabel.isValidDomain($0) ? $0 : nil }
    }

    static var payload: Self {
        Self(
            "a payload name", like: "image-ubuntu-24.04-arm64",
            .text(pattern: #"[a-zA-Z0-9](?:[a-zA-Z0-9_+-]|\.(?!\.))*"#, longest: 128)
        ) { PayloadName.isValid($0) ? $0 : nil }
    }

    static var package: Self {
        Self(.text(pattern: "[a-z0-9][a-z0-9+.-]{1,127}")) { text in
            if PackageName.isValid(text) { return .success(text) }
            // As apt's command line would take it: with a version, an architecture, a suite or a wish.
            let name = String(text.lowercased().prefix { !"=:/ <>(".contains($0) })
            guard PackageName.isValid(name), name != text else {
                return .failure(
                    Refusal(
                        message: "'\(text)' is not the name of a package",
                        help: "expected a-z, 0-9, +, - and ., beginning with a letter or digit, such as ansible-core"))
            }
            let reason =
                name.utf8.count < text.utf8.count
                ? "; the version is pinned by the lock file, the architecture is the guest's" : ""
            return .failure(
                Refusal(message: "'\(text)' is not the name of a package", help: "did you mean '\(name)'?\(reason)"))
        }
    }

    static var kernelCommandLine: Self {
        Self(.text(pattern: "[ -~]*", longest: Int(DirectBoot.argumentsLimit) - 1)) { text in
            guard text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) else {
                return .failure(
                    Refusal(
                        message: "'\(text)' is not one line of ASCII",
                        help: "expected one line of ASCII, such as root=/dev/vda rw console=ttyS0"))
            }
            // The limit counts the zero byte at the end.
            guard text.utf8.count < DirectBoot.argumentsLimit else {
                return .failure(
                    Refusal(
                        message: "the kernel's command line is \(text.utf8.count) bytes long",
                        help: "a kernel reads \(DirectBoot.argumentsLimit - 1) and drops the rest: leave something out")
                )
            }
            return .success(text)
        }
    }

    static var clusterName: Self {
        Self(.text(pattern: "[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?")) { text in
            // 32 leaves room for the names that launchers build from it, such as socket paths.
            if DNSLabel.isValid(text), text.utf8.count <= 32 { return .success(text) }
            return .failure(
                Refusal(
                    message: "'\(text)' is not a cluster name",
                    help: "expected 1 to 32 of a-z, 0-9 and -, not beginning or ending with -"))
        }
    }

    /// RFC 5280, appendix A: two letters for a country, at most 64 characters for the other fields.
    static func subject(_ field: PKISpec.SubjectField) -> Self {
        Self(field == .country ? .text(pattern: "[A-Z]{2}") : .text(pattern: #"[\s\S]+"#, longest: 64)) { text in
            let isValid =
                field == .country
                ? text.utf8.count == 2 && text.utf8.allSatisfy { (65...90).contains($0) }
                : (1...64).contains(text.unicodeScalars.count)
            if isValid { return .success(text) }
            return .failure(
                Refusal(
                    message: "'\(text)' does not fit into a certificate",
                    help: field == .country ? "expected two capital letters, such as DE" : "expected 1 to 64 characters"
                ))
        }
    }
}
