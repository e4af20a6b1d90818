/// `/proc/meminfo`, proc(5).
package enum MemoryInfo {
    /// Bytes that can be taken without swapping; nil when the text does not say.
    package static func available(_ text: String) -> Int64? {
        for line in text.split(separator: "\n") where line.hasPrefix("MemAvailable:") {
            let words = line.split(separator: " ")
            guard words.count >= 2, let kibibytes = Int64(words[1]) else { return nil }
            return kibibytes * 1024
        }
        return nil
    }
}
