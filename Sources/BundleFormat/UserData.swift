/// cloud-init's `user-data` as this project writes it: a frame that anyone can rebuild, and authorized keys, which follow from the
/// secrets file.
///
/// The description holds the frame's digest. So whoever reads a bundle can tell that nothing but keys was put in, and the keys
/// are those of the machine's `/etc/ssh/authorized_keys.d`.
public struct UserData: Hashable, Sendable {
    /// The document without the lines that hold keys.
    public let frame: [UInt8]
    /// The keys in front of each account's end, in the order of the document.
    public let keys: [Account]

    public struct Account: Hashable, Sendable {
        public let name: String
        public let keys: [String]
    }

    public static let path = "user-data"

    public init(_ bytes: [UInt8]) {
        var frame: [UInt8] = []
        frame.reserveCapacity(bytes.count)
        var accounts: [Account] = []
        var (account, keys, isInKeys) = ("", [String](), false)
        for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            if isInKeys, let key = Self.key(line) {
                keys.append(key)
                continue
            }
            if isInKeys {
                accounts.append(Account(name: account, keys: keys))
                (keys, isInKeys) = ([], false)
            }
            if line.starts(with: "  - name: ".utf8) { account = String(decoding: line.dropFirst(10), as: UTF8.self) }
            isInKeys = line.elementsEqual("    ssh_authorized_keys:".utf8)
            frame += line
            frame.append(UInt8(ascii: "\n"))
        }
        if isInKeys { accounts.append(Account(name: account, keys: keys)) }
        self.frame = frame
        self.keys = accounts
    }

    /// `      - "ssh-ed25519 …"`: a YAML double-quoted scalar, written as the JSON string that it also is.
    private static func key(_ line: ArraySlice<UInt8>) -> String? {
        let start = "      - "
        guard line.starts(with: start.utf8) else { return nil }
        let text = Array(line.dropFirst(start.utf8.count))
        guard case .string(let key)? = try? JSONParser.parse(text, limits: JSONLimits(byteCount: 1 << 16, depth: 1)),
            CanonicalJSON.encode(.string(key)) == text
        else { return nil }
        return key
    }
}
