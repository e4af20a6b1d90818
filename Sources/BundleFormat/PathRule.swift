/// What a path in a bundle or in machine.json may look like.
///
/// Names are printable ASCII because tar and ISO 9660 store other characters differently per locale and libarchive version.
public enum PathRule {
    /// The longest path that is accepted, in bytes.
    public static let maximumLength = 1024

    /// Checks the path of an archive member: relative, no empty, `.` or `..` component.
    public static func checkRelative(_ path: String) throws(FormatError) {
        guard !path.utf8.starts(with: "/".utf8) else {
            throw .invalidPath(path: path, reason: "it is absolute; expected a path relative to the archive")
        }
        try checkComponents(path.utf8[...], of: path)
    }

    /// Checks a path on a machine: absolute, normal, not the root itself.
    public static func checkAbsolute(_ path: String) throws(FormatError) {
        guard path.utf8.first == UInt8(ascii: "/") else {
            throw .invalidPath(path: path, reason: "it is not absolute; expected a path that begins with /")
        }
        try checkComponents(path.utf8.dropFirst(), of: path)
    }

    private static func checkComponents(_ bytes: Substring.UTF8View, of path: String) throws(FormatError) {
        guard !bytes.isEmpty else { throw .invalidPath(path: path, reason: "it names nothing") }
        guard bytes.count <= maximumLength else {
            throw .invalidPath(path: path, reason: "it is longer than \(maximumLength) bytes")
        }
        var length = 0
        var dots = 0
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "/"):
                try checkComponent(length: length, dots: dots, of: path)
                length = 0
                dots = 0
                continue
            case UInt8(ascii: "\\"): throw .invalidPath(path: path, reason: "it contains a backslash")
            case ..<0x20, 0x7F: throw .invalidPath(path: path, reason: "it contains a control character")
            case 0x80...: throw .invalidPath(path: path, reason: "it contains a character outside ASCII")
            case UInt8(ascii: "."): dots += 1
            default: break
            }
            length += 1
        }
        try checkComponent(length: length, dots: dots, of: path)
    }

    private static func checkComponent(length: Int, dots: Int, of path: String) throws(FormatError) {
        guard length > 0 else {
            throw .invalidPath(path: path, reason: "it has an empty component (// or a slash at the end)")
        }
        guard length <= 255 else { throw .invalidPath(path: path, reason: "a component is longer than 255 bytes") }
        guard !(length == dots && dots <= 2) else {
            throw .invalidPath(path: path, reason: "it has a component \"\(dots == 1 ? "." : "..")\"")
        }
    }
}
