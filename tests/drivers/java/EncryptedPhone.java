import java.io.StringReader;
import java.sql.Array;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.postgresql.PGConnection;

/** The data type through pgjdbc. Called by test_encrypted_phone_jdbc.py; prints "ok", or throws. */
class EncryptedPhone {
    static String mobile(int n) {
        return String.format("+6140%07d", n);
    }

    static String spelling(int n) {
        return "0" + mobile(n).substring(3, 6) + " " + mobile(n).substring(6);
    }

    static void bind(PreparedStatement statement, Object... parameters) throws SQLException {
        for (int i = 0; i < parameters.length; i++) {
            if (parameters[i] instanceof String[]) {
                Array array = statement.getConnection().createArrayOf("text", (String[]) parameters[i]);
                statement.setArray(i + 1, array);
            } else if (parameters[i] instanceof String) {
                statement.setString(i + 1, (String) parameters[i]);
            } else {
                statement.setObject(i + 1, parameters[i]);
            }
        }
    }

    static List<String> column(PreparedStatement statement) throws SQLException {
        List<String> values = new ArrayList<>();
        try (ResultSet result = statement.executeQuery()) {
            while (result.next()) {
                values.add(result.getString(1));
            }
        }
        Collections.sort(values);
        return values;
    }

    static void check(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }

    static void found(Connection session, String query, List<String> expected, Object... parameters) throws SQLException {
        try (PreparedStatement plan = session.prepareStatement("EXPLAIN (COSTS OFF) " + query)) {
            bind(plan, parameters);
            String lines = String.join("\n", column(plan));
            check(lines.contains("customer_phone_key") && !lines.contains("Seq Scan on customer"), lines);
        }
        try (PreparedStatement statement = session.prepareStatement(query)) {
            // From the fifth time on it is prepared on the server, and then planned for any parameters.
            for (int time = 0; time < 12; time++) {
                bind(statement, parameters);
                check(column(statement).equals(expected), query);
            }
        }
    }

    static String one(Connection session, String query, Object... parameters) throws SQLException {
        try (PreparedStatement statement = session.prepareStatement(query)) {
            bind(statement, parameters);
            return column(statement).get(0);
        }
    }

    public static void main(String[] arguments) throws Exception {
        int rows = Integer.parseInt(arguments[1]);
        try (Connection session = DriverManager.getConnection(arguments[0])) {
            session.setAutoCommit(false);
            String equal = "SELECT id FROM customer WHERE phone = ?";
            found(session, equal, List.of("7"), spelling(7));
            found(session, equal, List.of("7"), mobile(7));
            found(session, equal, List.of(), "ask for Bob");
            found(session, "SELECT id FROM customer WHERE phone IN (?, ?)", List.of("7", "8"), spelling(7), mobile(8));
            found(session, "SELECT id FROM customer WHERE phone = ANY(?)", List.of("7", "8"),
                (Object) new String[] {spelling(7), mobile(8)});
            found(session, "SELECT c.id FROM typed JOIN customer AS c ON c.phone = entered WHERE entered = ?",
                List.of("5"), "040 0000 005");

            String upsert =
                "INSERT INTO customer VALUES (?, ?) ON CONFLICT (phone) DO UPDATE SET id = EXCLUDED.id RETURNING id";
            check(one(session, upsert, rows, spelling(rows)).equals("" + rows), "insert");
            check(one(session, upsert, rows + 1, mobile(rows)).equals("" + (rows + 1)), "upsert");
            String shown = one(session, "SELECT phone_decrypt(phone) FROM customer WHERE phone = ?", spelling(rows));
            check(shown.equals(mobile(rows)), "decrypt");
            check(one(session, "SELECT phone FROM customer WHERE phone = ?", mobile(7)).startsWith("ep:"), "select");

            session.unwrap(PGConnection.class).getCopyAPI()
                .copyIn("COPY customer FROM STDIN (FORMAT csv)", new StringReader("5000," + spelling(5000) + "\n"));
            check(one(session, equal, mobile(5000)).equals("5000"), "copy");

            try {
                one(session, "INSERT INTO customer VALUES (?, ?) RETURNING id", -1, "4155550123 or 4155550124");
                check(false, "text that is no number was taken");
            } catch (SQLException error) {
                check(error.getSQLState().equals("23514"), error.getSQLState());
                check(!error.toString().contains("4155550123"), "an error shows the number");
            }
            session.rollback();
        }
        System.out.println("ok");
    }
}
