public import Values

/// How the digest of a payload was verified when it was pinned: what a lock file says behind `verified:`.
///
/// A promise: each text names who said what the bytes are, beside the server that gave them.
public enum PayloadVerification: Hashable, Sendable {
    /// Nobody: the bytes are those that the address gave first.
    case firstUse
    /// The name itself has the digest in it: an image that is asked for by its digest.
    case name
    /// Upstream publishes the digest, at this address. It came the same way as the payload, so it proves that nothing was cut or mixed
    /// up, and not that nobody exchanged both.
    case published(PublishedAlgorithm, at: String)
    /// A list of digests at this address, whose OpenPGP signature by the key with this fingerprint was verified.
    case signedList(fingerprint: String, at: String)
    /// The indices of a distribution, whose InRelease of this date was signed by the key with this fingerprint.
    case signedRelease(fingerprint: String, date: Timestamp)
}

/// The hash function of a digest that upstream publishes.
public enum PublishedAlgorithm: String, Hashable, Sendable, CaseIterable {
    case sha256, sha512

    /// Hexadecimal digits of a digest.
    public var digitCount: Int { self == .sha256 ? 64 : 128 }
}

extension PayloadVerification: CustomStringConvertible {
    /// The one spelling that documents have.
    public var description: String {
        switch self {
        case .firstUse: "nobody: first use"
        case .name: "digest in its name"
        case .published(let algorithm, let address): "\(algorithm.rawValue) published at \(address)"
        case .signedList(let fingerprint, let address): "signed by \(fingerprint), published at \(address)"
        case .signedRelease(let fingerprint, let date): "signed by \(fingerprint), InRelease of \(date)"
        }
    }

    /// Reads what ``description`` writes; nil for anything else.
    public init?(_ text: String) {
        guard let read = Self.read(text[...]), read.description == text else { return nil }
        self = read
    }

    private static func read(_ text: Substring) -> PayloadVerification? {
        if text == PayloadVerification.firstUse.description { return .firstUse }
        if text == PayloadVerification.name.description { return .name }
        for algorithm in PublishedAlgorithm.allCases {
            if let address = text.after("\(algorithm.rawValue) published at ") {
                return address.isWebAddress ? .published(algorithm, at: String(address)) : nil
            }
        }
        guard let signed = text.after("signed by "), let comma = signed.firstIndex(of: ",") else { return nil }
        let fingerprint = signed[..<comma]
        guard fingerprint.isFingerprint else { return nil }
        let rest = signed[comma...]
        if let address = rest.after(", published at ") {
            return address.isWebAddress ? .signedList(fingerprint: String(fingerprint), at: String(address)) : nil
        }
        guard let date = rest.after(", InRelease of ").flatMap({ Timestamp(String($0)) }) else { return nil }
        return .signedRelease(fingerprint: String(fingerprint), date: date)
    }
}

extension Substring {
    fileprivate func after(_ prefix: String) -> Substring? {
        utf8.starts(with: prefix.utf8) ? self[utf8.index(utf8.startIndex, offsetBy: prefix.utf8.count)...] : nil
    }

    fileprivate var isWebAddress: Bool {
        guard utf8.count <= 2048, case .https? = try? PayloadAddress(parsing: String(self)) else { return false }
        return true
    }

    /// Of a key of OpenPGP version 4 (40 digits) or 6 (64), in upper case as gpg writes it.
    fileprivate var isFingerprint: Bool {
        (utf8.count == 40 || utf8.count == 64)
            && utf8.allSatisfy { (48...57).contains($0) || (65...70).contains($0) }
    }
}
