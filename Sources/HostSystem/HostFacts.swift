private import Foundation
public import Values

#if canImport(Darwin)
    private import Darwin
#elseif canImport(Glibc)
    private import Glibc
#elseif canImport(Musl)
    private import Musl
#endif

/// What this computer has.
public enum HostFacts {
    /// An IPv4 address of a network interface.
    public struct Interface: Hashable, Sendable {
        public let name: String
        public let address: IPv4Address
        public let prefix: Int
    }

    public static var architecture: Architecture {
        #if arch(arm64)
            .arm64
        #else
            .amd64
        #endif
    }

    public static var processors: Int { ProcessInfo.processInfo.activeProcessorCount }

    /// Bytes that programs can still take. Linux says what can be taken without swapping; macOS gives its memory away and takes
    /// it back, so all of it counts but a quarter, which the system and the programs that are open need.
    public static func availableMemory() -> Int64? {
        #if canImport(Darwin)
            Int64(ProcessInfo.processInfo.physicalMemory / 4 * 3)
        #else
            (try? Files<SystemError>.read("/proc/meminfo")).flatMap {
                MemoryInfo.available(String(decoding: $0, as: UTF8.self))
            }
        #endif
    }

    /// Bytes free in the file system that holds a path, or its nearest directory that exists.
    public static func freeSpace(at path: String) -> Int64? {
        var path = path
        while !path.isEmpty, path != "/", !Files<SystemError>.exists(path) {
            path = (path as NSString).deletingLastPathComponent
        }
        let attributes = try? FileManager.default.attributesOfFileSystem(forPath: path)
        return (attributes?[.systemFreeSize] as? NSNumber)?.int64Value
    }

    /// The most bytes that a file may have in the file system that holds a path, where that is less than any disk: FAT. Nil elsewhere.
    public static func largestFile(at path: String) -> Int64? {
        #if canImport(Darwin)
            var status = statfs()
            guard unsafe statfs(path, &status) == 0 else { return nil }
            let isFAT = unsafe withUnsafeBytes(of: status.f_fstypename) { unsafe $0.starts(with: "msdos\0".utf8) }
        #else
            guard let device = Files<SystemError>.identity(of: path)?.device,
                let mounts = try? Files<SystemError>.read("/proc/self/mountinfo")
            else { return nil }
            let isFAT = ["vfat", "msdos"].contains(
                MountTable.fileSystem(ofDevice: device, in: String(decoding: mounts, as: UTF8.self)))
        #endif
        return isFAT ? Int64(UInt32.max) : nil
    }

    public static func interfaces() -> [Interface] {
        var first: UnsafeMutablePointer<ifaddrs>?
        guard unsafe getifaddrs(&first) == 0 else { return [] }
        defer { unsafe freeifaddrs(first) }
        var result: [Interface] = []
        var next = unsafe first
        while let entry = unsafe next?.pointee {
            unsafe next = entry.ifa_next
            guard let address = unsafe ipv4(entry.ifa_addr), let mask = unsafe ipv4(entry.ifa_netmask) else { continue }
            let name = unsafe String(cString: entry.ifa_name)
            result.append(Interface(name: name, address: address, prefix: mask.rawValue.nonzeroBitCount))
        }
        return result
    }

    /// The networks that this computer is in, and on Linux those that it has a way to, such as a VPN's; not the way to everywhere else.
    public static func networks() -> [IPv4Network] {
        let own = interfaces().compactMap { IPv4Network(containing: $0.address, prefixLength: $0.prefix) }
        let routes = (try? Files<SystemError>.read("/proc/net/route")) ?? nil
        return own + (routes.map { RouteTable.networks(String(decoding: $0, as: UTF8.self)) } ?? [])
    }

    /// Nil for an address of another family.
    private static func ipv4(_ address: UnsafeMutablePointer<sockaddr>?) -> IPv4Address? {
        guard let address = unsafe address, unsafe Int32(address.pointee.sa_family) == AF_INET else { return nil }
        return unsafe address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
            unsafe IPv4Address(rawValue: UInt32(bigEndian: $0.pointee.sin_addr.s_addr))
        }
    }
}

/// `/proc/meminfo`, proc(5).
public enum MemoryInfo {
    /// Bytes that can be taken without swapping; nil when the text does not say.
    public static func available(_ text: String) -> Int64? {
        for line in text.split(separator: "\n") where line.hasPrefix("MemAvailable:") {
            let words = line.split(separator: " ")
            guard words.count >= 2, let kibibytes = Int64(words[1]) else { return nil }
            return kibibytes * 1024
        }
        return nil
    }
}

/// `/proc/net/route`, proc(5).
public enum RouteTable {
    /// The destinations, but for the default route. Addresses are numbers of the kernel's memory, in its order of bytes.
    public static func networks(_ text: String) -> [IPv4Network] {
        text.split(separator: "\n").dropFirst().compactMap { line in
            let words = line.split(whereSeparator: \.isWhitespace)
            guard words.count > 7, let destination = UInt32(words[1], radix: 16),
                let mask = UInt32(words[7], radix: 16),
                mask != 0
            else { return nil }
            return IPv4Network(
                containing: IPv4Address(rawValue: UInt32(bigEndian: destination)), prefixLength: mask.nonzeroBitCount)
        }
    }
}

/// `/proc/self/mountinfo`, proc(5).
public enum MountTable {
    /// The type of the file system with this device number, as stat(2) gives it; nil when it is not mounted.
    public static func fileSystem(ofDevice device: UInt64, in text: String) -> String? {
        let major = (device >> 8 & 0xFFF) | (device >> 32 & ~0xFFF)
        let minor = (device & 0xFF) | (device >> 12 & ~0xFF)
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count > 2, words[2] == "\(major):\(minor)", let mark = words.firstIndex(of: "-") else {
                continue
            }
            return words[(mark + 1)...].first.map(String.init)
        }
        return nil
    }
}
