/// A distribution's archive as machines of one architecture see it: `debian-13/amd64`.
public struct Distribution: Hashable, Sendable, CustomStringConvertible {
    public let system: OperatingSystem
    public let architecture: Architecture

    public init(_ system: OperatingSystem, _ architecture: Architecture) {
        self.system = system
        self.architecture = architecture
    }

    /// Nil when it is not `SYSTEM/ARCHITECTURE` in the words of the topology.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let system = OperatingSystem(rawValue: String(parts[0])),
            let architecture = Architecture(rawValue: String(parts[1]))
        else { return nil }
        self.init(system, architecture)
    }

    public var description: String { "\(system.rawValue)/\(architecture.rawValue)" }
}

/// Names of packages (Debian Policy 5.6.1): they become file names and arguments of dpkg.
public enum PackageName {
    /// The most packages that one payload may ask for.
    public static let listLimit = 256
    /// The most stages in which packages are installed.
    public static let stageLimit = 256

    /// 2 to 128 of `a-z 0-9 + - .`, beginning with a letter or digit.
    public static func isValid(_ text: String) -> Bool {
        guard (2...128).contains(text.utf8.count), let first = text.utf8.first, isLetterOrDigit(first) else {
            return false
        }
        return text.utf8.allSatisfy { isLetterOrDigit($0) || "+-.".utf8.contains($0) }
    }

    /// `NAME_VERSION_ARCHITECTURE.deb`, the file of a package in a depot or an archive: of the characters that names, versions
    /// (Policy 5.6.12) and architectures may have, `%` included for the colon of an epoch.
    public static func isFile(_ text: String) -> Bool {
        let parts = text.split(separator: "_", omittingEmptySubsequences: false)
        guard text.hasSuffix(".deb"), text.utf8.count <= 255, parts.count == 3, isValid(String(parts[0])) else {
            return false
        }
        return parts[1...].allSatisfy { part in
            part.utf8.first.map(isLetterOrDigit) == true
                && part.utf8.allSatisfy {
                    isLetterOrDigit($0 | 0x20) || isLetterOrDigit($0) || "+-.~%:".utf8.contains($0)
                }
        }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool { (97...122).contains(byte) || (48...57).contains(byte) }
}
