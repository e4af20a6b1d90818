public import Values

/// Readings of typed values: the one place where the text of a document becomes a value.
///
/// A value is accepted in its one spelling, so that a document that is read and written again is the same document.
///
/// Names stay text: nearly all users only print and compare them. What makes them safe is that ``dnsLabel()`` and its
/// neighbours are the only ways to read one: a name that is a path, an option or two lines is in no decoded document.
extension JSONCursor {
    private func value<Value: CustomStringConvertible>(
        _ expected: String, _ parse: (String) -> Value?
    ) throws(FormatError) -> Value {
        let text = try string()
        guard let value = parse(text), value.description == text else {
            throw refused("\"\(printable(text))\" is not \(expected)")
        }
        return value
    }

    private func text(_ expected: String, limit: Int = 4096, _ isValid: (String) -> Bool) throws(FormatError) -> String
    {
        let text = try string(limit: limit)
        guard isValid(text) else { throw refused("\"\(printable(text))\" is not \(expected)") }
        return text
    }

    // MARK: Networks

    public func ipv4Address() throws(FormatError) -> IPv4Address {
        try value("an IPv4 address such as \"192.168.64.10\"") { IPv4Address($0) }
    }

    public func ipv4Network() throws(FormatError) -> IPv4Network {
        try value("an IPv4 network without host bits, such as \"192.168.64.0/24\"") { try? IPv4Network(parsing: $0) }
    }

    /// Of a single interface.
    public func macAddress() throws(FormatError) -> MACAddress {
        try value("the MAC address of an interface, such as \"52:54:00:12:34:56\" in lower case") { text in
            MACAddress(text).flatMap { $0.isUnicast ? $0 : nil }
        }
    }

    // MARK: Names

    /// A cluster's or machine's name.
    public func dnsLabel() throws(FormatError) -> String {
        try text("a name: expected 1 to 63 of a-z 0-9 -, beginning and ending with a letter or digit", DNSLabel.isValid)
    }

    public func payloadName() throws(FormatError) -> String {
        try text("a payload's name: expected 1 to 128 of A-Z a-z 0-9 . _ + -, without \"..\"", PayloadName.isValid)
    }

    /// The full name of a container image.
    public func imageReference() throws(FormatError) -> ImageReference {
        try value("the full name of an image, such as \"registry.k8s.io/pause:3.10\"") {
            try? ImageReference(parsing: $0)
        }
    }

    /// The name of a user or group.
    public func accountName() throws(FormatError) -> String {
        try text(
            "an account name: expected 1 to 32 of a-z 0-9 _ -, not beginning with 0-9 or -", AccountName.isValid)
    }

    /// A systemd unit name (systemd.unit(5)): the name reaches a command line.
    public func unitName() throws(FormatError) -> String {
        try text("a unit name such as \"etcd.service\"", limit: 255, Self.isUnit)
    }

    private static func isUnit(_ name: String) -> Bool {
        let kinds = [".service", ".socket", ".timer", ".target", ".path", ".mount", ".slice"]
        guard let first = name.utf8.first, first != UInt8(ascii: "-"), first != UInt8(ascii: "."),
            kinds.contains(where: { name.hasSuffix($0) })
        else { return false }
        return name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: ":"), UInt8(ascii: "-"), UInt8(ascii: "_"),
                UInt8(ascii: "."), UInt8(ascii: "\\"), UInt8(ascii: "@"):
                true
            default: false
            }
        }
    }

    /// One line of printable ASCII, such as a release or a kernel's arguments.
    public func line(limit: Int) throws(FormatError) -> String {
        try text("one line of printable ASCII", limit: limit) { $0.utf8.allSatisfy { (0x20..<0x7F).contains($0) } }
    }

    /// The same, and not empty.
    public func name(limit: Int = 255) throws(FormatError) -> String {
        let text = try line(limit: limit)
        guard !text.isEmpty else { throw refused("may not be empty") }
        return text
    }

    // MARK: Kinds

    /// One of an enumeration's words.
    public func choice<Word: RawRepresentable<String> & CaseIterable>(
        _ words: Word.Type = Word.self
    ) throws(FormatError) -> Word {
        let text = try string()
        guard let word = Word(rawValue: text) else {
            let known = Word.allCases.map(\.rawValue).joined(separator: ", ")
            throw refused("\"\(printable(text))\" is not one of \(known)")
        }
        return word
    }

    // MARK: Identities, sizes and times

    public func digest() throws(FormatError) -> Digest {
        let text = try string()
        do { return try Digest(parsing: text) } catch { throw refused(error.description) }
    }

    public func machineUUID() throws(FormatError) -> MachineUUID {
        try value("a UUID of 32 upper-case hexadecimal digits with dashes") { MachineUUID($0) }
    }

    public func version() throws(FormatError) -> Version {
        try value("a version such as \"1.32.0\"") { Version($0) }
    }

    public func timestamp() throws(FormatError) -> Timestamp {
        try value("a time in UTC such as \"2026-11-22T00:00:00Z\"") { Timestamp($0) }
    }

    /// A number of MiB.
    public func mebibytes() throws(FormatError) -> ByteSize {
        ByteSize(mebibytes: Int(try integer(in: 1...(1 << 30))))
    }

    /// A number of bytes.
    public func size() throws(FormatError) -> Int64 { try integer(in: 0 ... .max) }

    // MARK: Files

    public func absolutePath() throws(FormatError) -> String {
        let text = try string()
        do { try PathRule.checkAbsolute(text) } catch { throw refused(error.description) }
        return text
    }

    public func relativePath() throws(FormatError) -> String {
        let text = try string()
        do { try PathRule.checkRelative(text) } catch { throw refused(error.description) }
        return text
    }

    /// A directory on the machine, the root included.
    func directoryPath() throws(FormatError) -> String { try string() == "/" ? "/" : try absolutePath() }

    public func mode() throws(FormatError) -> Permissions {
        try value("a mode: expected four octal digits such as \"0644\"") { Permissions(parsing: $0) }
    }

    /// The mode of a file or directory: nothing that a bundle brings runs with the rights of somebody else.
    func fileMode() throws(FormatError) -> Permissions {
        let mode = try mode()
        guard mode.bits & 0o7000 == 0 else {
            throw refused("no file of a bundle runs as somebody else: expected 0000 to 0777, found \(mode)")
        }
        return mode
    }

    /// A numeric user or group id; 65535 and 4294967295 mean "none" to the kernel.
    func accountID() throws(FormatError) -> UInt32 {
        let number = try integer(in: 0...4_294_967_294)
        guard number != 65535 else { throw refused("65535 is not usable as an id") }
        return UInt32(number)
    }
}
