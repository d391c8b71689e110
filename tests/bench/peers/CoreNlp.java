// Stanford CoreNLP's CRF on texts, a line each on standard input. `java ... CoreNlp.java speed SECONDS` reads all, warms up on a tenth and prints the processor
// seconds of one pass of the classifying thread; `tag` answers each line with "START END TYPE" triples (UTF-16 offsets, tab between them).

import edu.stanford.nlp.ie.crf.CRFClassifier;
import edu.stanford.nlp.ling.CoreLabel;
import edu.stanford.nlp.util.Triple;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

public class CoreNlp {
  static final String MODEL = "edu/stanford/nlp/models/ner/english.all.3class.distsim.crf.ser.gz";

  static double seconds() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() * 1e-9;
  }

  public static void main(String[] args) throws Exception {
    CRFClassifier<CoreLabel> crf = CRFClassifier.getClassifier(MODEL);
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    PrintStream out = new PrintStream(System.out, true, "UTF-8");
    if (args[0].equals("tag")) {
      for (String line; (line = in.readLine()) != null; ) {
        StringBuilder answer = new StringBuilder();
        for (Triple<String, Integer, Integer> t : crf.classifyToCharacterOffsets(line))
          answer.append(t.second()).append(' ').append(t.third()).append(' ').append(t.first()).append('\t');
        out.println(answer);
      }
      return;
    }
    List<String> lines = new ArrayList<>();
    for (String line; (line = in.readLine()) != null; ) lines.add(line);
    long found = 0;
    for (int i = 0; i < lines.size() / 10; i++) found += crf.classifyToCharacterOffsets(lines.get(i)).size();
    found = 0;
    double start = seconds();
    for (String line : lines) found += crf.classifyToCharacterOffsets(line).size();
    out.println(seconds() - start + " " + found);
  }
}
