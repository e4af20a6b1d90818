import Foundation
import HostSystem
import TestSupport
import Testing

@testable import Launching
@testable import UTM

@Suite("qcow2 image")
struct QcowImageTests {
    let directory: Scratch
    var path: String { directory.path + "/a.qcow2" }

    init() throws { directory = try Scratch() }

    private func write(_ image: SmallQcow2) throws -> QcowImage {
        try Data(image.bytes).write(to: URL(fileURLWithPath: path))
        return try QcowImage(path: path)
    }

    static let hasTool = (try? ProcessRunner.executable("qemu-img")) != nil

    private func tool(_ arguments: String...) throws -> String {
        try ProcessRunner().require(ExternalCommand(["qemu-img"] + arguments))
    }

    @Test("other files are no qcow2 images", arguments: ["", "QFI", "conectix", String(repeating: "x", count: 200)])
    func others(_ text: String) throws {
        try directory.write(text, to: "a.qcow2")
        #expect(try QcowImage(path: path).header == nil)
    }

    @Test("only size, count and the entries that count now are written")
    func bytes() throws {
        let small = SmallQcow2(size: 1 << 20)
        try write(small).grow(to: 20 << 30)
        let grown = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        var expected = small.bytes
        expected.replaceSubrange(24..<32, with: [0, 0, 0, 5, 0, 0, 0, 0])
        // An entry stands for 512 MiB.
        expected.replaceSubrange(36..<40, with: [0, 0, 0, 40])
        let table = Int(small.tableOffset)
        expected.replaceSubrange(table + 8..<table + 320, with: [UInt8](repeating: 0, count: 312))
        #expect(grown == expected)
    }

    @Test("a disk that is as large or larger stays as it is", arguments: [0, 1 << 20] as [UInt64])
    func noShrinking(_ size: UInt64) throws {
        let small = SmallQcow2(size: 1 << 20)
        try write(small).grow(to: size)
        #expect(Array(try Data(contentsOf: URL(fileURLWithPath: path))) == small.bytes)
    }

    @Test(
        "what would need more than the header is refused, and nothing is written",
        arguments: [
            (SmallQcow2(size: 1, incompatible: 1), "it was not closed in order"),
            (SmallQcow2(size: 1, incompatible: 4), "it uses features that are not known here"),
            (SmallQcow2(size: 1, incompatible: 16), "it uses features that are not known here"),
            (SmallQcow2(size: 1, autoclear: 1), "it has bitmaps"),
            (SmallQcow2(size: 1, encryption: 2), "it is encrypted"),
            (SmallQcow2(size: 1, snapshots: 1), "it has snapshots inside"),
            (SmallQcow2(size: 1, clusterBits: 9), "its table has no room for 21474836480 bytes"),
        ])
    func refused(_ image: SmallQcow2, _ reason: String) throws {
        let opened = try write(image)
        #expect(throws: UTMError.cannotGrow(path: path, reason: reason)) { try opened.grow(to: 20 << 30) }
        #expect(Array(try Data(contentsOf: URL(fileURLWithPath: path))) == image.bytes)
        #expect(
            UTMError.cannotGrow(path: "a", reason: reason).description
                == "a cannot be enlarged: \(reason). Install qemu-img, which can, with: brew install qemu")
    }

    @Test(
        "QEMU's own tool finds a grown image in order and its content unchanged", .enabled(if: hasTool),
        arguments: ["compat=1.1", "compat=0.10", "compat=1.1,cluster_size=4096", "compat=1.1,cluster_size=2M"])
    func realImages(_ options: String) throws {
        let raw = directory.path + "/a.raw"
        try Data((0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 / 7) }).write(to: URL(fileURLWithPath: raw))
        let before = directory.path + "/before.qcow2"
        _ = try tool("convert", "-f", "raw", "-O", "qcow2", "-c", "-o", options, raw, before)
        try FileManager.default.copyItem(atPath: before, toPath: path)
        try QcowImage(path: path).grow(to: 1 << 30)
        #expect(try tool("check", path).contains("No errors were found"))
        #expect(try tool("info", path).contains("virtual size: 1 GiB (1073741824 bytes)"))
        #expect(try tool("compare", before, path).contains("Images are identical"))
        // What QEMU does to the image afterwards works too: here it writes to the new end of the disk.
        _ = try tool("bench", "-w", "-c", "4", "-s", "65536", "-o", "1073000000", path)
        #expect(try tool("check", path).contains("No errors were found"))
        #expect(try tool("resize", path, "3G") == "Image resized.\n")
        #expect(try tool("check", path).contains("No errors were found"))
    }
}
