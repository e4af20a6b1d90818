import Values

/// Readings that only machine.json needs.
extension JSONCursor {
    /// An optional list of entries, empty when it is absent.
    func entries<T>(
        _ key: String, _ decode: (JSONCursor) throws(FormatError) -> T
    ) throws(FormatError) -> [T] {
        guard let list = try optional(key) else { return [] }
        return try list.list(limit: MachineManifest.listLimit, decode)
    }

    func oneOf(_ choices: [String]) throws(FormatError) -> String {
        let text = try string()
        guard choices.contains(text) else {
            throw refused("\"\(printable(text))\" is not one of \(choices.joined(separator: ", "))")
        }
        return text
    }

    func absolutePath() throws(FormatError) -> String {
        let text = try string()
        do { try PathRule.checkAbsolute(text) } catch { throw refused(error.description) }
        return text
    }

    func relativePath() throws(FormatError) -> String {
        let text = try string()
        do { try PathRule.checkRelative(text) } catch { throw refused(error.description) }
        return text
    }

    func mode() throws(FormatError) -> Permissions {
        let text = try string()
        guard let mode = Permissions(parsing: text) else {
            throw refused("\"\(printable(text))\" is not a mode: expected four octal digits such as \"0644\"")
        }
        return mode
    }

    /// A user or group name as useradd(8) accepts it: the name reaches a command line.
    func accountName() throws(FormatError) -> String {
        let text = try string()
        let isValid =
            (1...32).contains(text.utf8.count)
            && text.utf8.enumerated().allSatisfy { index, byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"): true
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): index > 0
                default: false
                }
            }
        guard isValid else {
            throw refused(
                "\"\(printable(text))\" is not an account name: expected 1 to 32 of a-z 0-9 _ -, not beginning with 0-9 or -"
            )
        }
        return text
    }

    /// A numeric user or group id; 65535 and 4294967295 mean "none" to the kernel.
    func accountID() throws(FormatError) -> UInt32 {
        let number = try integer(in: 0...4_294_967_294)
        guard number != 65535 else { throw refused("65535 is not usable as an id") }
        return UInt32(number)
    }

    /// A systemd unit name (systemd.unit(5)): the name reaches a command line.
    func unitName() throws(FormatError) -> String {
        let text = try string(limit: 255)
        let kinds = [".service", ".socket", ".timer", ".target", ".path", ".mount", ".slice"]
        let isValid =
            text.utf8.first.map { $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: ".") } ?? false
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: ":"), UInt8(ascii: "-"), UInt8(ascii: "_"),
                    UInt8(ascii: "."), UInt8(ascii: "\\"), UInt8(ascii: "@"):
                    true
                default: false
                }
            }
        guard isValid, kinds.contains(where: { text.hasSuffix($0) }) else {
            throw refused("\"\(printable(text))\" is not a unit name such as \"etcd.service\"")
        }
        return text
    }

    /// A directory on the machine, the root included.
    func directoryPath() throws(FormatError) -> String { try string() == "/" ? "/" : try absolutePath() }
}
